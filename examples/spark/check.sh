#!/usr/bin/env bash
# Tries tag.py on this Debian or Ubuntu machine: installs Java where it is missing (as root) and pyspark from PyPI, about
# 500 MB, in a virtual environment, DIR (default: one that is removed at the end), and runs the tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
type java python3 > /dev/null 2>&1 && python3 -c 'import ensurepip' || {
  apt-get update -qq
  apt-get install -y -qq default-jre-headless python3-venv > /dev/null
}
work=$(mktemp -d)
trap '{ set +x; } 2> /dev/null; rm -rf "$work"' EXIT
dir=${DIR:-$work/venv}
[ -e "$dir/bin/spark-submit" ] || {
  python3 -m venv "$dir"
  "$dir/bin/pip" install -q pyspark
}
mkdir "$work/bin" "$work/in"
ln -s "$PWD/bin/seqtag.js" "$work/bin/seqtag"
export PATH=$work/bin:$dir/bin:$PATH PYSPARK_PYTHON=$dir/bin/python3

for part in train dev test; do
  seqtag convert "corpora/english.$part.conllu" --to jsonl | gzip > "$work/in/$part.jsonl.gz"
done
set -x
spark-submit --version 2>&1 | grep -o 'version .*'
spark-submit --master 'local-cluster[2,1,1024]' examples/spark/tag.py en-upos "$work/in/*" "$work/out" 2> /dev/null
ls "$work/out"
seqtag tag -m en-upos "$work"/in/* | cmp - <(zcat "$work"/out/part-*)
npx vitest run --config vitest.examples.config.ts --reporter=verbose spark
