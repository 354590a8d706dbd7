"""Makes a classifier and says whether it may go out. Knows model/, MLflow and files; never serving/."""
