# Sets `features` to the arguments that build everything this machine can build; to be sourced.
# The feature jpeg-simd needs the assembler nasm; everything else needs nothing.
if command -v nasm >/dev/null; then
    features=(--all-features)
else
    features=(--features cli,onnx,parquet)
    echo "nasm is missing: building without the feature jpeg-simd" >&2
fi
