# One image for every part of the service; `docker-compose.yml` says which command each runs.
# Build the GPU variant with: docker build --build-arg EXTRAS=service,postgres,gpu --tag organiser:gpu .
FROM python:3.11.11-slim-bookworm AS build
ARG EXTRAS=service,postgres
WORKDIR /source
RUN python -m venv /opt/organiser
ENV PATH=/opt/organiser/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY organiser organiser
COPY workers workers
COPY training training
COPY migrations migrations
RUN pip install ".[${EXTRAS}]"

FROM python:3.11.11-slim-bookworm
# The home's volume takes its mode from here. Whoever the containers run as (ORGANISER_UID) makes its own files in it;
# nobody else is in there.
RUN useradd --uid 1000 --create-home --home-dir /home/organiser organiser \
    && install --directory --owner=organiser --group=organiser --mode=1777 /var/lib/organiser
COPY --from=build /opt/organiser /opt/organiser
ENV PATH=/opt/organiser/bin:$PATH ORGANISER_HOME=/var/lib/organiser PYTHONUNBUFFERED=1
USER organiser
WORKDIR /home/organiser
# SIGTERM lets a worker finish the chunk it has in hand; what is killed nevertheless is found by its lease.
STOPSIGNAL SIGTERM
ENTRYPOINT ["organiser"]
CMD ["--help"]
