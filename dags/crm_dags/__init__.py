"""What the DAG files share. They may import Airflow; ``crm_tasks`` never does."""
