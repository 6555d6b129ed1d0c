"""Tags documents, a line of JSON each, with Apache Spark: spark-submit tag.py MODEL INPUT OUTPUT [FLAG...]

INPUT is what Spark reads as text: files, folders, globs, gzip-ed or not. OUTPUT is a folder of gzip-ed parts in the order
of the input. Flags go to `seqtag tag`, which must be on each node's PATH, as the model must be at its path. Each partition
is piped through one process of one thread, since Spark runs as many tasks on a node as it has cores.
"""

import os
import shlex
import sys

from pyspark import SparkContext

if len(sys.argv) < 4:
    sys.exit(__doc__)
model, source, target, *flags = sys.argv[1:]
command = ["seqtag", "tag", "--threads", "1", "-m", model, "--input", "jsonl", *flags]

with SparkContext(appName="seqtag") as sc:
    lines = sc.textFile(source, minPartitions=sc.defaultParallelism)
    # By default pipe empties the environment, PATH too, and takes what a process wrote before it failed for all there is.
    tagged = lines.pipe(shlex.join(command), env=dict(os.environ), checkCode=True)
    tagged.saveAsTextFile(target, "org.apache.hadoop.io.compress.GzipCodec")
