# gemaudit for CI systems without Python: `docker run --rm -v "$PWD:/repository" gemaudit check`
FROM python:3.13-alpine AS build
WORKDIR /source
COPY action/requirements.txt ./
RUN python -m venv /opt/gemaudit \
 && /opt/gemaudit/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary=:all: -r requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
COPY advisories advisories
RUN /opt/gemaudit/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation .

FROM python:3.13-alpine
# The repository is mounted, and belongs to whoever runs the container: git would refuse to read it.
RUN apk add --no-cache git \
 && git config --system --add safe.directory '*' \
 && adduser -D gemaudit
COPY --from=build /opt/gemaudit /opt/gemaudit
ENV PATH=/opt/gemaudit/bin:$PATH
USER gemaudit
WORKDIR /repository
ENTRYPOINT ["gemaudit"]
CMD ["check"]
