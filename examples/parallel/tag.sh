#!/usr/bin/env bash
# Usage: tag.sh MODEL FORMAT INPUT OUTPUT [FLAG...]
#
# Tags one big file with a process for each core (JOBS=N: with N). FORMAT is text, columns, conllu, horizontal or jsonl;
# flags go to `seqtag tag`. The input, gzip-ed or not, is cut where sentences end, and the parts are joined in order.
# OUTPUT appears when all is tagged; where a part fails, the others are stopped, and its exit code is that of the script.
set -euo pipefail
if (($# < 4)); then
  sed -n '2s/^# //p' "$0" >&2
  exit 2
fi
model=$1 format=$2 input=$3 output=$4
shift 4
case $format in
  text | columns | conllu) end='\n\n' ;; # a blank line
  horizontal | jsonl) end='\n' ;;
  *) echo "tag.sh: $format cannot be cut. Convert it before: seqtag convert --to jsonl." >&2 && exit 2 ;;
esac

exec 3>&2 # what a part says is told at once, and not when its turn comes
part() { seqtag tag --threads 1 "$@" 2>&3; }
export -f part
flags=(-m "$model" --input "$format" "$@")
deal() {
  parallel --plain "$@" --recend "$end" --keep-order --halt now,fail=1 --jobs "${JOBS:-100%}" --quote part "${flags[@]}"
}
trap 'rm -f "$output.tmp"' EXIT
case $input in
  # dealt out as it is unpacked, in blocks that take long beside the loading of a model
  *.gz) gzip -dc "$input" | deal --pipe --block "${BLOCK:-32M}" ;;
  # cut in as many parts as there are processes
  *) deal --pipe-part --arg-file "$input" --block -1 ;;
esac > "$output.tmp"
mv "$output.tmp" "$output"
