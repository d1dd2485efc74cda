"""The project: settings, root URLs, the API's URLs and the format of errors."""
