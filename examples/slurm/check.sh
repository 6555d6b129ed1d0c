#!/usr/bin/env bash
# Makes this Debian or Ubuntu machine, as root, a Slurm cluster of one node, tries tag.sh on it, runs its tests, and takes
# the cluster down again. Installs slurm-wlm where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
type sbatch slurmctld slurmd munged > /dev/null 2>&1 || {
  apt-get update -qq
  apt-get install -y -qq slurm-wlm munge > /dev/null
}
dir=$(mktemp -d)
finish() {
  { set +x; } 2> /dev/null
  for pid in $(cat "$dir"/*.pid "$dir"/munge/*.pid 2> /dev/null); do
    kill "$pid" && tail -f /dev/null --pid "$pid"
  done
  rm -rf "$dir"
}
trap finish EXIT
mkdir "$dir/bin" "$dir/spool"
ln -s "$PWD/bin/seqtag.js" "$dir/bin/seqtag"

chmod 711 "$dir"
install -d -o munge /run/munge
install -d -o munge -m 711 "$dir/munge"
[ -e /etc/munge/munge.key ] || runuser -u munge -- mungekey -c
munge -n > /dev/null 2>&1 || runuser -u munge -- munged --pid-file "$dir/munge/munged.pid"
export SLURM_CONF=$dir/slurm.conf
cat > "$SLURM_CONF" << END
ClusterName=one
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
StateSaveLocation=$dir
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
$(slurmd -C | sed -n 's/ *$//; s/^\(NodeName=[^ ]*\)/\1 NodeAddr=127.0.0.1/p')
PartitionName=all Nodes=ALL Default=YES State=UP
END
slurmctld
slurmd
for _ in {1..30}; do
  sinfo --noheader | grep -q idle && break
  sleep 1
done

export PATH=$dir/bin:$PATH
sinfo
for n in {1..20}; do cat corpora/english.train.conllu; done | gzip > "$dir/in.conllu.gz"
set -x
SIZE=3M examples/slurm/tag.sh en-upos conllu "$dir/in.conllu.gz" "$dir/out.conllu"
seqtag tag -m en-upos "$dir/in.conllu.gz" | cmp - "$dir/out.conllu"
npx vitest run --config vitest.examples.config.ts --reporter=verbose slurm
