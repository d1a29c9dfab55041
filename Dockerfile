# Two images: the gateway (the last stage, so also without --target) and the sandbox, for a trial:
#   docker build -t nclue-gateway .
#   docker build -t nclue-gateway-sandbox --target sandbox .
# Neither image has a shell or a package manager, nor needs root, a capability or a writable folder. Settings:
# docs/configuration.md.
# The base image is the chiseled "extra" variant, which has ICU (docs/adr/0025), time zones and certificates. Its tags
# move with each patch of .NET. To get the same bytes with each build, specify a digest: --build-arg
# RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra@sha256:...
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra

FROM ${SDK_IMAGE} AS restore
# The only package feed, without credentials. If empty, the feeds of NuGet's own configuration are used.
ARG NUGET_FEED=
WORKDIR /source
COPY .editorconfig BannedSymbols.txt Directory.Build.props Directory.Packages.props global.json nuget.config ./
COPY src/Gateway/Gateway.csproj src/Gateway/packages.lock.json src/Gateway/
COPY src/Sandbox/Sandbox.csproj src/Sandbox/packages.lock.json src/Sandbox/
# Restores for this machine's processor architecture, and the compiler for ReadyToRun code. The compiler's version is
# the SDK's, so it is in no lock file.
RUN dotnet restore src/Sandbox/Sandbox.csproj --locked-mode --use-current-runtime -p:PublishReadyToRun=true
COPY appsettings.json ./
COPY src/ src/

FROM restore AS publish-sandbox
RUN dotnet publish src/Sandbox/Sandbox.csproj --no-restore --use-current-runtime --no-self-contained -c Release -o /app \
    -p:PublishReadyToRun=true -p:UseAppHost=false

FROM restore AS publish-gateway
RUN dotnet publish src/Gateway/Gateway.csproj --no-restore --use-current-runtime --no-self-contained -c Release -o /app \
    -p:PublishReadyToRun=true -p:UseAppHost=false

FROM ${RUNTIME_IMAGE} AS sandbox
LABEL org.opencontainers.image.title="NclueGateway sandbox" \
      org.opencontainers.image.description="A simulated NCLUE, a local identity provider and the gateway. Only for use on one machine." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="The NclueGateway authors"
# Debugging and profiling are off: they need a writable folder. The port is the gateway's, for the health check.
ENV ASPNETCORE_HTTP_PORTS=5080 \
    DOTNET_EnableDiagnostics=0
WORKDIR /app
COPY LICENSE ./
COPY --from=publish-sandbox /app ./
USER 1654:1654
EXPOSE 5080 5081 5082 5083
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["dotnet", "Gateway.dll", "healthcheck"]
ENTRYPOINT ["dotnet", "Sandbox.dll"]

FROM ${RUNTIME_IMAGE} AS gateway
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="NclueGateway" \
      org.opencontainers.image.description="A gateway in front of NCLUE, the machine-learning service of NAVER Cloud Platform." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="The NclueGateway authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Debugging and profiling are off: they need a writable folder.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0
WORKDIR /app
COPY LICENSE ./
COPY --from=publish-gateway /app ./
# The user "app" of the base image, as a number, so that Kubernetes can verify that it is not root.
USER 1654:1654
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --retries=3 CMD ["dotnet", "Gateway.dll", "healthcheck"]
ENTRYPOINT ["dotnet", "Gateway.dll"]
