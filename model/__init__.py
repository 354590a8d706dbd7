"""What a message means: bytes in, a prediction out. Pure: no MLflow, no web, no SQL, no environment, no clock."""
