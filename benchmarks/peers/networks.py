"""The published networks beside PyTorch eager, as diffusers composes them, in one run on one machine.

    ./bootstrap.sh --networks
    cmake --build --preset release --target lvtino_bench lvtino_run
    .deps/networks-venv/bin/python benchmarks/peers/networks.py --frames 5 --height 256 --width 256 [--threads 2]
    .deps/networks-venv/bin/python benchmarks/peers/networks.py --device cuda     # 25 x 768 x 1280

Published sizes, random weights of the same precision, inputs of the same shapes (`lvtino_bench --networks`). Each stage of
either side runs in a process of its own, so that its peak of memory is its own, and they take turns; of each the fastest
pass counts, for other load on the machine only ever adds. "both priors" is LVTINO end to end, once, with all networks
resident: ours `lvtino_run` on the example of problem A (of it the two priors), eager the same nine calls of encoder, network
and decoder. Memory: on a CPU the peak resident set, libraries included, on a GPU the most that libtorch handed out. Eager
keeps its heap's pages, as our program does. On a machine that is never calm, --clock cpu --threads 1 compares processor
time on one thread, which other load hardly touches.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from compare import HEAP

STAGES = ("wan encode", "wan decode", "wan transformer", "sdxl encode", "sdxl decode", "sdxl unet", "both priors")
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/lvtino_wan_sdxl_problem_a.json")
STEPS = 5  # of the example; the last has no image prior


# --- one stage in eager, in a process of its own -----------------------------------------------------------------------

class Eager:
    def __init__(self, arguments):
        self.o, self.made = arguments, {}
        self.place = {"device": arguments.device, "dtype": getattr(torch, arguments.precision)}

    def noise(self, *shape):
        return torch.randn(*shape, device=self.o.device).to(**self.place)

    def untrained(self, make):
        """The network, its memory taken once and filled from one bank of numbers: what they are costs no time to compute."""
        with torch.device("meta"):
            network = make().to(self.place["dtype"])
        turns = hasattr(network, "rope")  # a table of angles, which is no weight: computed anew
        if turns:
            network.rope = None
        network = network.to_empty(device=self.o.device)
        if turns:
            network.rope = WanRotaryPosEmbed(128, (1, 2, 2), 1024).to(self.o.device)
        bank = self.noise(1 << 22) * 0.02
        for name, parameter in network.named_parameters():
            flat = parameter.data.view(-1)
            if parameter.dim() == 1 and name.endswith(("weight", "gamma")):
                flat.fill_(1)
                continue
            for first in range(0, flat.numel(), bank.numel()):
                part = flat[first:first + bank.numel()]
                part.copy_(bank[:part.numel()])
        return network.eval()

    def once(self, name, make):
        """An autoencoder that serves two stages."""
        if name not in self.made:
            self.made[name] = self.untrained(make)
        return self.made[name]

    def over_frames(self, one):
        """All frames of the video, a batch at a time."""
        most = min(self.o.frames_at_once, self.o.frames)

        def run():
            for first in range(0, self.o.frames, most):
                out = one(min(most, self.o.frames - first))
            return out
        return run, most

    def lvtino(self):
        """What the two priors compute in a run: five times the video's networks, four times the images'."""
        each = {name: self.stage(name) for name in STAGES[:6]}

        def run():
            for k in range(STEPS):
                each["wan encode"](), each["wan transformer"]()
                out = each["wan decode"]()
                if k + 1 < STEPS:
                    each["sdxl encode"](), each["sdxl unet"](), each["sdxl decode"]()
            return out
        return run

    def stage(self, name):
        """A function of one pass over the video."""
        if name == "both priors":
            return self.lvtino()
        o = self.o
        height, width = o.height // 8, o.width // 8
        if name.startswith("wan"):
            latent = self.noise(1, 16, 1 + (o.frames - 1) // 4, height, width)
            if name == "wan transformer":
                network = self.untrained(lambda: WanTransformer3DModel(num_attention_heads=12, ffn_dim=8960, num_layers=30))
                prompt, t = self.noise(1, 512, 4096), torch.tensor([757], device=o.device)
                return lambda: network(latent, t, prompt, return_dict=False)[0]
            vae = self.once("wan", AutoencoderKLWan)
            if name == "wan decode":
                return lambda: vae.decode(latent, return_dict=False)[0]
            video = self.noise(1, 3, o.frames, o.height, o.width).clamp_(-1, 1)
            return lambda: vae.encode(video).latent_dist.mode()
        if name == "sdxl unet":
            unet = self.untrained(lambda: UNet2DConditionModel(
                sample_size=128, block_out_channels=(320, 640, 1280),
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
                transformer_layers_per_block=[1, 2, 10], attention_head_dim=[5, 10, 20], cross_attention_dim=2048,
                use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
                projection_class_embeddings_input_dim=2816))
            prompt, pooled = self.noise(1, 77, 2048), self.noise(1, 1280)
            sizes = torch.tensor([[o.height, o.width, 0, 0, o.height, o.width]]).to(**self.place)

            def one(n):  # repeated as the pipeline does: products with an expanded prompt are six times slower
                added = {"text_embeds": pooled.repeat(n, 1), "time_ids": sizes.repeat(n, 1)}
                return unet(latents[:n], 374, prompt.repeat(n, 1, 1), added_cond_kwargs=added, return_dict=False)[0]
            run, most = self.over_frames(one)
            latents = self.noise(most, 4, height, width)
            return run
        vae = self.once("sdxl", lambda: AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=1024))
        if name == "sdxl encode":
            run, most = self.over_frames(lambda n: vae.encode(images[:n]).latent_dist.mean)
            images = self.noise(most, 3, o.height, o.width)
        else:
            run, most = self.over_frames(lambda n: vae.decode(latents[:n], return_dict=False)[0])
            latents = self.noise(most, 4, height, width)
        return run

    def measure(self, name):
        libraries = self.memory()
        run = self.stage(name)
        wall, cpu = [], []
        for _ in range(1 if name == "both priors" else self.o.repeats + 1):
            begin = time.perf_counter(), time.process_time()
            out = run()
            out.flatten()[0].item()  # waits for a GPU
            wall.append(time.perf_counter() - begin[0])
            cpu.append(time.process_time() - begin[1])
        if not torch.isfinite(out).all():
            raise RuntimeError(name + ": the result has numbers that are not finite")
        return {"wall": min(wall), "cpu": min(cpu), "GB": self.memory(), "libraries": libraries}

    def memory(self):
        if self.o.device == "cuda":
            return torch.cuda.max_memory_allocated() / 1e9
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


# --- both sides, in turns ----------------------------------------------------------------------------------------------

def environment(o):
    return {**os.environ, **HEAP, "OMP_NUM_THREADS": str(o.threads)}


def answer(command, o):
    ended = subprocess.run(command, env=environment(o), stdout=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        raise RuntimeError("%s ended with %d" % (" ".join(command), ended.returncode))
    return ended.stdout


def ours_end_to_end(o):
    """The two priors of a run: their seconds, and its peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        with open(EXAMPLE) as file:
            spec = json.load(file)
        source = {"type": "procedural", "frames": o.frames, "height": o.height, "width": o.width}
        spec.update(clips=[{"name": "clip", "source": source}], output={"folder": folder + "/out"})
        for prior in spec["priors"].values():
            prior.update(prompt="random", device=o.device, precision=o.precision)
            for name in {"transformer", "unet", "vae"} & set(prior):
                prior[name] = {"weights": "random"}
        spec["priors"]["image"]["frames"] = o.frames_at_once
        spec["device"] = o.device
        with open(folder + "/spec.json", "w") as file:
            json.dump(spec, file)
        answer([o.run, folder + "/spec.json"], o)
        with open(folder + "/out/report.json") as file:
            context = json.load(file)["context"]
    stages = {stage["name"]: stage for stage in context["stages"]}
    clocks = {"wall": "seconds", "cpu": "processor_seconds"}
    parts = {"%s, %s" % (name, clock): stages[name][key] for name in ("video prior", "joint prox", "image prior", "data prox")
             for clock, key in clocks.items()}
    both = {clock: parts["video prior, " + clock] + parts["image prior, " + clock] for clock in clocks}
    peak = max(stage["peak_bytes"] for stage in stages.values())
    return {**both, "GB": context.get("device_peak_bytes", peak) / 1e9, "run, wall": context["seconds"], **parts}


def ours(stage, o):
    if stage == "both priors":
        return ours_end_to_end(o)
    flags = ["--networks", "--only", stage, "--threads", str(o.threads)]
    for key in ("device", "precision", "frames", "height", "width", "frames_at_once", "repeats"):
        flags += ["--" + key.replace("_", "-"), str(getattr(o, key))]
    for line in answer([o.program] + flags, o).splitlines():
        if line.startswith(stage):
            _, wall, cpu, gigabytes = map(float, line[len(stage):].split()[:4])
            return {"wall": wall, "cpu": cpu, "GB": gigabytes}
    raise RuntimeError("%s printed no row of %s" % (o.program, stage))


def eager(stage, o):
    flags = [word for word in sys.argv[1:] if word != "--child"]
    return json.loads(answer([sys.executable, os.path.abspath(__file__)] + flags + ["--child", stage], o).splitlines()[-1])


def best(passes):
    """The fastest pass and the least of the peaks."""
    return {key: min(one[key] for one in passes) for key in passes[0]}


def markdown(rows, clock):
    lines = ["| stage | ours s | GB | eager s | GB | eager / ours, time | memory |", "|---|---|---|---|---|---|---|"]
    for stage, mine, theirs in rows:
        lines.append("| %s | %.3g | %.2f | %.3g | %.2f | %.2f | %.2f |" %
                     (stage, mine[clock], mine["GB"], theirs[clock], theirs["GB"],
                      theirs[clock] / mine[clock], theirs["GB"] / mine["GB"]))
    return "\n".join(lines)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/lvtino_bench")
    parser.add_argument("--run", default="build/release/lvtino_run")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--precision", default="bfloat16", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--frames-at-once", type=int, default=5, help="in the image networks")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1, help="passes after the first, in a process")
    parser.add_argument("--rounds", type=int, default=2, help="processes of each side")
    parser.add_argument("--clock", default="wall", choices=("wall", "cpu"))
    parser.add_argument("--only", default="", help="stages whose name holds this")
    parser.add_argument("--json")
    parser.add_argument("--child", choices=STAGES, help=argparse.SUPPRESS)
    return parser.parse_args()


def main(o):
    rows = []
    for stage in (name for name in STAGES if o.only in name):
        mine, theirs = [], []
        for _ in range(o.rounds):
            mine.append(ours(stage, o))
            theirs.append(eager(stage, o))
            print("%-16s ours %s  eager %s" % (stage, mine[-1], theirs[-1]), file=sys.stderr, flush=True)
        rows.append((stage, best(mine), best(theirs)))
    print("%d x %d x %d, %s, %s, %d threads, %s time, %d frames at a time in the image networks" %
          (o.frames, o.height, o.width, o.precision, o.device, o.threads, o.clock, o.frames_at_once))
    print("before a network is built eager holds %.2f GB\n" % max(theirs["libraries"] for _, _, theirs in rows))
    print(markdown(rows, o.clock))
    if o.json:
        with open(o.json + ".part", "w") as file:
            json.dump({"options": vars(o), "rows": rows}, file, indent=1)
        os.replace(o.json + ".part", o.json)


if __name__ == "__main__":
    options = read_arguments()
    if not options.child:
        main(options)  # without torch: a process begins with its parent's peak of memory
        sys.exit()
    import torch
    from diffusers import AutoencoderKL, AutoencoderKLWan, UNet2DConditionModel, WanTransformer3DModel
    from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed
    from diffusers.utils import logging
    logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        print(json.dumps(Eager(options).measure(options.child)))
