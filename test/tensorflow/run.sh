#!/usr/bin/env bash
# Runs the tests of the TensorFlow engine, with TensorFlow in a temporary folder. Arguments go to vitest.
#
# The install script of @tensorflow/tfjs-node downloads TensorFlow from a server that not every network reaches. Here
# the library comes from PyPI's wheel, and the binding is compiled. It needs Linux x64, g++, Python and unzip.
# SEQTAG_TENSORFLOW names a folder that is kept for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
tensorflow=2.15.1

install() {
  cd "$1"
  [ -f package.json ] || echo '{"private": true}' > package.json
  npm install --ignore-scripts --no-audit --no-fund --loglevel=error @tensorflow/tfjs-node@4.22.0 node-api-headers@1.9.0
  python3 -m venv python
  python/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
    --implementation cp --abi cp311 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    -d wheel "tensorflow-cpu==$tensorflow"
  local package=node_modules/@tensorflow/tfjs-node
  mkdir -p $package/deps $package/lib/napi-v8
  unzip -q -o wheel/tensorflow_cpu-$tensorflow-*.whl 'tensorflow/libtensorflow_*.so.2' \
    'tensorflow/include/tensorflow/c/*' 'tensorflow/include/tensorflow/core/platform/*' 'tensorflow/include/*tsl/*.h' \
    -d $package/deps
  g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 \
    -I$package/.. -Inode_modules/node-api-headers/include -I$package/deps/tensorflow/include \
    $package/binding/tfjs_backend.cc $package/binding/tfjs_binding.cc \
    -L$package/deps/tensorflow -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 \
    '-Wl,-rpath,$ORIGIN/../../deps/tensorflow' -o $package/lib/napi-v8/tfjs_binding.node
  rm -r wheel python
}

if [ -n "${SEQTAG_TENSORFLOW:-}" ]; then
  folder=$(mkdir -p "$SEQTAG_TENSORFLOW" && cd "$SEQTAG_TENSORFLOW" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
[ -e "$folder/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node" ] || (install "$folder")
NODE_PATH="$folder/node_modules" npx vitest run --config vitest.tensorflow.config.ts "$@"
