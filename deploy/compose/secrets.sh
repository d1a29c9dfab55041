#!/usr/bin/env bash
# Asks for the NCP key pair, makes up a password for Redis, and writes the four files that docker-compose.yml mounts as secrets.
# Nothing of it is on a command line. Compose mounts the files with the rights they have here, and the containers' users are not you: so
# anybody may read the files, and nobody else may enter the folder.
set -euo pipefail
cd "$(dirname "$0")"
if [ -e secrets ]; then
  echo "deploy/compose/secrets is there already. To start again, remove it first." >&2
  exit 1
fi

read -rsp "Access key: " access && echo
read -rsp "Secret key: " secret && echo
if [ -z "$access" ] || [ -z "$secret" ]; then
  echo "Both keys are needed. Nothing was written." >&2
  exit 1
fi

password=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
mkdir -m 700 secrets
umask 022
cd secrets
printf '%s\n' "$access" > Nclue__AccessKey # printf is the shell's own, so this is no command line either
printf '%s\n' "$secret" > Nclue__SecretKey
printf 'redis:6379,user=nclue-gateway,password=%s\n' "$password" > ConnectionStrings__Redis
# The rights are those of docs/configuration.md; a test compares them.
cat > redis.conf <<USERS
user default off
user nclue-gateway on >$password ~{nclue:* ~nclue-gateway:* &* +@connection +@scripting +@hash +@list +set +time +pexpire +expire +unlink +del +info +cluster|nodes
USERS
echo "Written to deploy/compose/secrets."
