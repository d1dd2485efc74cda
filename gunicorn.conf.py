"""What gunicorn reads when it is started in this folder; options on its command line win."""

worker_class = "codelivery.worker.ProblemWorker"
limit_request_line = 8190  # bytes, the most that it can; the application's own limit is lower, so that it answers
