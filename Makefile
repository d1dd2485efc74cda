run test:
	python3 dev.py $@
