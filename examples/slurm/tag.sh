#!/usr/bin/env bash
# Usage: tag.sh MODEL FORMAT INPUT OUTPUT [FLAG...]
#
# Tags one big file on a Slurm cluster. FORMAT is text, columns, conllu, horizontal or jsonl; flags go to `seqtag tag`.
# The input, gzip-ed or not, is cut where sentences end into parts of SIZE (default 64M), an array of jobs tags them, and
# they are joined in order. What to ask of the cluster: SBATCH_PARTITION, SBATCH_TIMELIMIT and so on, see sbatch(1).
#
# OUTPUT appears when all is tagged. Where parts fail, what they said is shown, the exit code is theirs, and OUTPUT.parts
# stays: the same command tags only what is missing, or all where its input or flags are others.
set -euo pipefail
if (($# < 4)); then
  sed -n '2s/^# //p' "$0" >&2
  exit 2
fi
model=$1 format=$2 input=$3 output=$4
shift 4
case $format in
  text | columns | conllu) end='^\s*$' ;; # a blank line
  horizontal | jsonl) end='^' ;;
  *) echo "tag.sh: $format cannot be cut. Convert it before: seqtag convert --to jsonl." >&2 && exit 2 ;;
esac
parts=$output.parts size=${SIZE:-64M}

state=$(stat -c '%n %s %Y' "$input")
work=$(printf '%q ' "$model" "$format" "$state" "$size" "$@")
if [ "$work" != "$(cat "$parts/work" 2> /dev/null)" ]; then
  rm -rf "$parts" "$parts.tmp"
  trap 'rm -rf "$parts.tmp"' EXIT
  mkdir "$parts.tmp"
  echo "$work" > "$parts.tmp/work"
  # a NUL, of which text has none, marks where sentences end
  gzip -dcf "$input" | END=$end perl -pe '$_ .= "\0" if /$ENV{END}/' |
    split -t '\0' -C "$size" -d -a 4 --additional-suffix=.gz --filter='tr -d "\0" | gzip > "$FILE"' - "$parts.tmp/"
  mv "$parts.tmp" "$parts"
fi

# The numbers of the parts that are not tagged yet, as in --array=0,3,7.
missing() {
  for part in "$parts"/*.gz; do
    [ ! -e "$part" ] || [ -e "${part%.gz}.tagged" ] || echo $((10#$(basename "$part" .gz)))
  done | paste -sd,
}
if [ -n "$(missing)" ]; then
  code=0
  sbatch --wait --array="$(missing)" --output="$parts/%a.log" "$(dirname "$0")/part.sbatch" \
    "$parts" -m "$model" --input "$format" "$@" || code=$?
  if [ -n "$(missing)" ]; then
    echo "tag.sh: not tagged: $(missing) of $parts" >&2
    tail -qn 1 "$parts"/*.log >&2
    exit $((code ? code : 1))
  fi
fi
find "$parts" -name '*.tagged' | sort | xargs -d '\n' -r cat > "$output.tmp"
mv "$output.tmp" "$output"
rm -r "$parts"
