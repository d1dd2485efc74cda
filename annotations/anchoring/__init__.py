"""Where quoted words stand in a narrative, and where they went when it changed."""
