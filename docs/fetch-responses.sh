#!/bin/sh
# Fetches answers from Padan: each new response is downloaded, verified, decrypted, and then removed from the server.
#
#   fetch-responses.sh KEYS STORE
#
#   KEYS   a folder with ssh_config (for the host name padan), age_identity.txt and padan_signers
#   STORE  where each response appears, whole, by one rename: STORE/<name>/
#
# Prints the name of each new response, oldest first. Run it as often as you like, also after it was killed: a response
# is fetched once. Exit codes: 0 all is well; 1 a response does not verify: it stays on the server, the others are
# fetched; 2 wrong usage; 3 the server cannot be reached or refused something: try again later.
set -eu
umask 077

[ $# = 2 ] || { echo "usage: fetch-responses.sh KEYS STORE" >&2; exit 2; }
keys=$(cd "$1" && pwd)
mkdir -p "$2/.incoming"
store=$(cd "$2" && pwd)

# One run at a time.
exec 9> "$store/.lock"
flock -n 9 || { echo "another run is under way" >&2; exit 0; }

# Each argument is one sftp command; the first that fails ends it, unless it begins with "-".
server() {
    printf '%s\n' "$@" | sftp -q -F "$keys/ssh_config" -b - padan || exit 3
}

# Verifies the folder $1 and decrypts its .age files in place.
open() {
    (
        cd "$1" || exit 1
        ssh-keygen -Y verify -f "$keys/padan_signers" -I padan -n padan -s SHA256SUMS.sig < SHA256SUMS > /dev/null || exit 1
        # Only now is the list to be believed.
        sha256sum --check --strict --quiet SHA256SUMS >&2 || exit 1
        for file in *; do
            case $file in SHA256SUMS | SHA256SUMS.sig) continue ;; esac
            grep -qxF "$(sha256sum "$file")" SHA256SUMS || { echo "$file is not in SHA256SUMS" >&2; exit 1; }
        done
        for file in *.age; do
            [ -e "$file" ] || continue
            age -d -i "$keys/age_identity.txt" -o "${file%.age}" "$file" || exit 1
        done
    )
}

# Oldest first, so that a difference is opened before it is resolved.
list=$(server 'ls -1tr outbox')
names=$(echo "$list" | sed -n 's#^outbox/\([A-Za-z0-9._-]*\)$#\1#p')
bad=0
for name in $names; do
    if [ ! -d "$store/$name" ]; then
        new="$store/.incoming/$name"
        rm -rf "$new"
        server "get -r outbox/$name \"$store/.incoming/\"" > /dev/null
        if ! open "$new"; then
            echo "$name does not verify; it stays on the server" >&2
            rm -rf "$new"
            bad=1
            continue
        fi
        sync "$new"/* "$new"
        mv "$new" "$store/$name"
        sync "$store"
        echo "$name"
    fi
    # It is safe here, from this run or from one that was killed.
    server "-rm outbox/$name/*" "rmdir outbox/$name" > /dev/null
done
exit $bad
