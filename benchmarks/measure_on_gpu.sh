#!/usr/bin/env bash
# Everything that a GPU has to say of this toolkit, each step in a file of its own; for machines that are lent by the minute.
#
#   cmake --preset portable && cmake --build --preset portable       # where the compilers are
#   benchmarks/measure_on_gpu.sh OUT [PROGRAMS] [STEP...]            # where the GPU is
#
# PROGRAMS (build/portable): the folder of lvtino_device_check, lvtino_bench and lvtino_run. The machine needs a driver and
# Python with torch of the version that they were built with; the step `eager` also diffusers. Steps, in this order, all of
# them if none is named: kernels, networks, graphs, run, eager. A step that fails or takes too long leaves what it printed
# and does not stop the others. Ends with 1 if one failed.
set -uo pipefail
[ $# -ge 1 ] || { sed -n 2,12p "$0" >&2; exit 2; }
out=$1 programs=${2:-build/portable}
shift $(($# < 2 ? $# : 2))
steps=${*:-kernels networks graphs run eager}
python=${PYTHON:-python3}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$out"
torch=$("$python" -c 'import torch; print(torch.__path__[0])') || exit 1
# The wheel's CUDA libraries find each other; the programs find libtorch and, beside themselves, what was carried along.
export LD_LIBRARY_PATH="$torch/lib:$programs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
failed=0

step() {  # name, seconds, command...
  local name=$1 seconds=$2 code
  shift 2
  timeout "$seconds" "$@" >"$out/$name.txt" 2>"$out/$name.err"
  code=$?
  [ $code -eq 0 ] && rm -f "$out/$name.err" || { failed=1; echo "$name: ended with $code: $(tail -n 1 "$out/$name.err")"; }
  echo "== $name"
  tail -n 30 "$out/$name.txt"
}

whole_run() {  # name, device of the joint proxes, whether they start warm: random weights in an example; no clip is needed
  "$python" - "$root/examples/lvtino_wan_sdxl_problem_a.json" "$out" "$2" "$3" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as file:
    spec = json.load(file)
spec.update(device=sys.argv[3], output={"folder": sys.argv[2] + "/run"},
            clips=[{"name": "clip", "source": {"type": "procedural", "frames": 25, "height": 768, "width": 1280}}])
spec["solver"]["warm_start"] = sys.argv[4] == "warm"
for prior in spec["priors"].values():
    prior.update(prompt="random", device="cuda")
    for name in {"transformer", "unet", "vae"} & set(prior):
        prior[name] = {"weights": "random"}
with open(sys.argv[2] + "/spec.json", "w") as file:
    json.dump(spec, file)
PYTHON
  step "$1" 150 "$programs/lvtino_run" "$out/spec.json"
  cp "$out/run/report.json" "$out/$1_report.json" 2>/dev/null
  rm -rf "$out/run" "$out/spec.json"
}

nvidia-smi -L 2>/dev/null
for name in $steps; do
  case $name in
    kernels) step kernels 200 "$programs/lvtino_device_check" --measure ;;
    networks)
      step networks 240 "$programs/lvtino_bench" --networks --both-paths --device cuda --precision bfloat16 --repeats 2
      step networks_half 120 "$programs/lvtino_bench" --networks --device cuda --precision float16 --only sdxl --repeats 2 ;;
    graphs)
      for size in "5 256 256" "25 768 1280"; do
        set -- $size
        for mode in "" --graphs; do
          step "transformer_$2$mode" 90 "$programs/lvtino_bench" --networks $mode --device cuda --only transformer \
            --frames "$1" --height "$2" --width "$3" --repeats 6
          step "unet_$2$mode" 90 "$programs/lvtino_bench" --networks $mode --device cuda --precision float16 --only unet \
            --frames "$1" --height "$2" --width "$3" --repeats 6
        done
      done ;;
    run)  # the dual field crosses the bus twice where a joint prox starts warm
      whole_run run_warm cuda warm
      whole_run run_cold cuda cold
      whole_run run_proxes_on_cpu cpu warm ;;
    eager) step eager 500 "$python" "$root/benchmarks/peers/networks.py" --device cuda --rounds 1 --repeats 2 \
             --program "$programs/lvtino_bench" --run "$programs/lvtino_run" ;;
    *) echo "no step $name" >&2; exit 2 ;;
  esac
done
exit $failed
