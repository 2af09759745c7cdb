"""What a job is handed over as: a study of Optuna."""
