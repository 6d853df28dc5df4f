"""The stages that a recipe goes through: what ``dvc repro`` runs, one module a stage."""
