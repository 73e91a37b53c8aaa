# One image for every service of docker-compose.yaml.
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app/dags:/app \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/app/dags \
    CRM_HOME=/var/lib/crm \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    MKL_NUM_THREADS=1

# The folders exist with the right owner before a volume is first mounted over them.
RUN useradd --uid 10001 --no-create-home --home-dir /opt/airflow --shell /usr/sbin/nologin crm \
    && install --directory --owner=crm --mode=0750 /opt/airflow /opt/airflow/logs /var/lib/crm

WORKDIR /app
COPY requirements.lock .
RUN pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY crm_tasks crm_tasks
COPY dags dags
COPY dbt_project dbt_project
COPY expectations expectations
# Only the `crm` command is installed: the code runs from /app, beside models and expectations.
RUN pip install --no-deps --no-build-isolation --editable .

USER crm
CMD ["crm", "--help"]
