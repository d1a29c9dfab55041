#!/usr/bin/env bash
# Asks for the NCP key pair, generates a password for Redis, and writes the four files that docker-compose.yml mounts as
# secrets.
# No secret is passed on a command line. Compose mounts the files with their permissions here, and the containers run as
# other users than you.
# So the files are readable by all users, and the folder can be entered by you alone.
set -euo pipefail
cd "$(dirname "$0")"
if [ -e secrets ]; then
  echo "deploy/compose/secrets is there already. To create new secrets, remove it first." >&2
  exit 1
fi

read -rsp "Access key: " access && echo
read -rsp "Secret key: " secret && echo
if [ -z "$access" ] || [ -z "$secret" ]; then
  echo "Both keys are required. Nothing was written." >&2
  exit 1
fi

password=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
mkdir -m 700 secrets
umask 022
cd secrets
printf '%s\n' "$access" > Nclue__AccessKey # printf is a shell builtin, so no process shows the value on its command line
printf '%s\n' "$secret" > Nclue__SecretKey
printf 'redis:6379,user=nclue-gateway,password=%s\n' "$password" > ConnectionStrings__Redis
# The permissions are those of docs/configuration.md; a test compares them.
keys='~{nclue:* ~nclue-gateway:* &*'
commands='+@connection +@scripting +@hash +@list +set +time +pexpire +expire +unlink +del +info +cluster|nodes'
cat > redis.conf <<USERS
user default off
user nclue-gateway on >$password $keys $commands
USERS
echo "Written to deploy/compose/secrets."
