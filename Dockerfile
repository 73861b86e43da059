# One image for every part of the service; `docker-compose.yml` says which command each runs.
# The GPU variant: docker build --build-arg LOCK=image-gpu --tag organiser:local-gpu .
# By digest: --build-arg PYTHON=python:3.11.11-slim-bookworm@sha256:…  (docs/service.md says how to look it up)
ARG PYTHON=python:3.11.11-slim-bookworm

FROM ${PYTHON} AS wheel
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY requirements/build.txt requirements/build.txt
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY organiser organiser
COPY workers workers
COPY training training
COPY migrations migrations
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels .

FROM ${PYTHON} AS install
ARG LOCK=image
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/organiser
COPY requirements/${LOCK}.txt /lock.txt
RUN /opt/organiser/bin/pip install --require-hashes -r /lock.txt
# Nothing comes from an index any more: what is not in the lock cannot come in.
COPY --from=wheel /wheels /wheels
RUN /opt/organiser/bin/pip install --no-deps --no-index /wheels/*.whl && /opt/organiser/bin/pip check

FROM ${PYTHON}
# The home's volume takes its mode from here. Whoever the containers run as (ORGANISER_UID) makes its own files in it;
# nobody else is in there.
RUN useradd --uid 1000 --create-home --home-dir /home/organiser organiser \
    && install --directory --owner=organiser --group=organiser --mode=1777 /var/lib/organiser
COPY --from=install /opt/organiser /opt/organiser
ENV PATH=/opt/organiser/bin:$PATH ORGANISER_HOME=/var/lib/organiser PYTHONUNBUFFERED=1
USER organiser
WORKDIR /home/organiser
# SIGTERM lets a worker finish the chunk it has in hand; what is killed nevertheless is found by its lease.
STOPSIGNAL SIGTERM
ENTRYPOINT ["organiser"]
CMD ["--help"]
