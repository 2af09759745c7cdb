# One image for every role: Ray head, Ray worker, search. See docker-compose.yml.
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 RAY_DISABLE_USAGE_STATS=1
WORKDIR /opt/autoquant
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY autoquant autoquant
COPY search_spaces search_spaces
COPY cost_models cost_models
COPY workers workers
RUN pip install --constraint constraints.txt '.[postgresql]' \
 && useradd --create-home --uid 1000 autoquant
USER autoquant
WORKDIR /work
CMD ["autoquant", "--help"]
