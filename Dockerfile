# kmsiac in a container: `docker run --rm --network none --read-only -v "$PWD:/src:ro" kmsiac scan`.
# Nobody is root in it, nothing is written at run time, and there is no network to need. git, which
# `--since` runs, is not in it.
FROM python:3.14-slim-trixie AS build

COPY requirements.lock /build/
RUN python -m venv /opt/kmsiac \
 && /opt/kmsiac/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r /build/requirements.lock

# The checkout itself is what runs, so no build backend is needed that no lock pins.
COPY kmsiac /opt/kmsiac/src/kmsiac
COPY rules /opt/kmsiac/src/rules
COPY LICENSE /opt/kmsiac/
COPY action/image.py /build/
RUN /opt/kmsiac/bin/python -I /build/image.py /opt/kmsiac

FROM python:3.14-slim-trixie

COPY --from=build /opt/kmsiac /opt/kmsiac
# The cache holds python-hcl2's grammar, which takes over a second to build.
ENV PATH=/opt/kmsiac/bin:$PATH \
    XDG_CACHE_HOME=/opt/kmsiac/cache \
    PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["kmsiac"]
CMD ["scan"]
