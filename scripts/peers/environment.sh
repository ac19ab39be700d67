# Sourced, not run: makes the peers' Python environment in the cache, once, and
# prints its interpreter. The stamp is the requirements file itself, so a changed
# pin makes a new environment; an interrupted installation leaves no stamp.

peers_cache="${EVENMATCH_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/evenmatch/peers}"

make_environment() { # NAME REQUIREMENTS -> prints the interpreter
    local folder="$peers_cache/$1" requirements="$2"
    # Joined by &&, because set -e does not reach into the $(…) this is called in.
    if ! cmp -s "$requirements" "$folder/stamp.txt"; then
        echo "Installing $(basename "$requirements") into $folder" >&2
        rm -rf "$folder" &&
            python3 -m venv "$folder" >&2 &&
            "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
                --only-binary=:all: -r "$requirements" >&2 &&
            cp "$requirements" "$folder/stamp.txt" || return 1
    fi
    echo "$folder/bin/python"
}
