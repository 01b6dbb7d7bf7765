#!/usr/bin/env python3
"""Small networks of diffusers and transformers with what they answer: the oracle of sdxl_*_test.cpp.

Each file holds weights (weights/KEY, float32, the library's key names), inputs (inputs/NAME), outputs
(outputs/NAME) and, block by block, what went in and came out (blocks/NAME/inputs/..., .../outputs/...);
the configuration is its metadata. Answers are computed in float64 and stored as float32.

    python sdxl_fixtures.py [FOLDER]        needs torch, diffusers, transformers, safetensors
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def randomise(module, seed):
    """No entry is left at 0 or 1, where a missing part would not show; all are float32 numbers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(module.named_parameters()):
            drawn = torch.randn(p.shape, generator=generator)
            if p.dim() < 2:
                gain = name.endswith("weight")
                drawn = 0.1 * drawn + (1 if gain else 0)
            else:
                # Convolutions weaken the signal, so that what is added to variances shows.
                drawn = drawn / math.sqrt(p[0].numel()) * (0.2 if p.dim() == 4 else 1)
            p.copy_(drawn)
    return module.double().eval()


def normal(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def write(path, config, weights, inputs, outputs, blocks):
    tensors = {f"weights/{k}": v for k, v in weights.items()}
    tensors |= {f"inputs/{k}": v for k, v in inputs.items()}
    tensors |= {f"outputs/{k}": v for k, v in outputs.items()}
    for name, (given, got) in blocks.items():
        tensors |= {f"blocks/{name}/inputs/{k}": v for k, v in given.items()}
        tensors |= {f"blocks/{name}/outputs/{k}": v for k, v in got.items()}
    stored = {k: (v.float() if v.is_floating_point() else v).contiguous().clone() for k, v in tensors.items()}
    save_file(stored, path, metadata={"config": json.dumps(config)})
    print(path, path.stat().st_size)


class Recorder:
    """Arguments and results of the modules that it watches."""

    def __init__(self, modules):
        self.seen = {}
        for name, module in modules.items():
            module.register_forward_hook(self.hook(name), with_kwargs=True)

    def hook(self, name):
        def seen(module, args, kwargs, result):
            # Lists of skips are eaten by the network: keep copies.
            self.seen[name] = (args, {k: (tuple(v) if isinstance(v, tuple) else v) for k, v in kwargs.items()}, result)

        return seen


def unet(folder, name, config, seed, size, prompts, added_prompts):
    from diffusers import UNet2DConditionModel

    net = randomise(UNet2DConditionModel(**config), seed)
    levels = len(config["block_out_channels"])
    watched = {"conv_in": net.conv_in, "mid_block": net.mid_block, "conv_norm_out": net.conv_norm_out}
    watched |= {f"down_blocks.{i}": net.down_blocks[i] for i in range(levels)}
    watched |= {f"up_blocks.{i}": net.up_blocks[i] for i in range(levels)}
    recorder = Recorder(watched)
    pooled = config["projection_class_embeddings_input_dim"] - 6 * config["addition_time_embed_dim"]
    m = 2
    inputs = {
        "sample": normal(seed + 1, m, config["in_channels"], *size),
        "timestep": torch.tensor([374], dtype=torch.int64),
        "encoder_hidden_states": normal(seed + 2, prompts, 7, config["cross_attention_dim"]),
        "text_embeds": normal(seed + 3, added_prompts, pooled),
        "time_ids": torch.tensor([[768, 1280, 0, 0, 768, 1280], [512, 640, 8, 16, 512, 384]][:added_prompts]).double(),
    }

    def all_of(x):
        return x.expand(m, *x.shape[1:])

    with torch.no_grad():
        out = net(
            inputs["sample"],
            inputs["timestep"],
            all_of(inputs["encoder_hidden_states"]),
            added_cond_kwargs={"text_embeds": all_of(inputs["text_embeds"]), "time_ids": all_of(inputs["time_ids"])},
        ).sample
    seen = recorder.seen
    emb = torch.nn.functional.silu(seen["mid_block"][0][1])[:added_prompts]
    prompt = {"emb": emb, "encoder_hidden_states": inputs["encoder_hidden_states"]}
    blocks = {
        "time_embedding": ({k: inputs[k] for k in ("timestep", "text_embeds", "time_ids")}, {"emb": emb}),
        "conv_in": ({"sample": inputs["sample"]}, {"hidden_states": seen["conv_in"][2]}),
        "mid_block": ({"hidden_states": seen["mid_block"][0][0], **prompt}, {"hidden_states": seen["mid_block"][2]}),
        "conv_out": ({"hidden_states": seen["conv_norm_out"][0][0]}, {"epsilon": out}),
    }
    for i in range(levels):
        args, kwargs, (hidden, skips) = seen[f"down_blocks.{i}"]
        given = {"hidden_states": kwargs.get("hidden_states", args[0] if args else None), **prompt}
        got = {"hidden_states": hidden} | {f"skip.{j}": s for j, s in enumerate(skips)}
        blocks[f"down_blocks.{i}"] = (given, got)
        args, kwargs, hidden = seen[f"up_blocks.{i}"]
        given = {"hidden_states": kwargs["hidden_states"], **prompt}
        given |= {f"skip.{j}": s for j, s in enumerate(kwargs["res_hidden_states_tuple"])}
        if kwargs.get("upsample_size") is not None:
            given["upsample_size"] = torch.tensor(kwargs["upsample_size"], dtype=torch.int64)
        blocks[f"up_blocks.{i}"] = (given, {"hidden_states": hidden})
    own = {
        "in_channels": config["in_channels"],
        "out_channels": config["out_channels"],
        "block_out_channels": config["block_out_channels"],
        "transformer_layers": [
            0 if kind == "DownBlock2D" else n
            for kind, n in zip(config["down_block_types"], config["transformer_layers_per_block"])
        ],
        "heads": config["attention_head_dim"],
        "layers_per_block": config["layers_per_block"],
        "cross_attention_dim": config["cross_attention_dim"],
        "norm_num_groups": config["norm_num_groups"],
        "addition_time_embed_dim": config["addition_time_embed_dim"],
        "projection_input_dim": config["projection_class_embeddings_input_dim"],
    }
    write(folder / name, own, net.state_dict(), inputs, {"epsilon": out}, blocks)


UNET = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 4,
    "attention_head_dim": [2, 4, 8],
    "block_out_channels": [8, 16, 32],
    "cross_attention_dim": 12,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "in_channels": 4,
    "layers_per_block": 2,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_num_groups": 4,
    "out_channels": 4,
    "projection_class_embeddings_input_dim": 34,
    "sample_size": 16,
    "transformer_layers_per_block": [1, 1, 2],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": True,
}
# One layer a level, other depths and heads, sizes that do not halve evenly.
UNET_ODD = UNET | {
    "attention_head_dim": [1, 2, 2],
    "block_out_channels": [8, 12, 20],
    "layers_per_block": 1,
    "out_channels": 3,
    "transformer_layers_per_block": [1, 2, 1],
    "addition_time_embed_dim": 6,
    "projection_class_embeddings_input_dim": 46,
}


def vae(folder, name, config, seed, size):
    from diffusers import AutoencoderKL

    net = randomise(AutoencoderKL(**config), seed)
    watched = {"quant_conv": net.quant_conv, "post_quant_conv": net.post_quant_conv}
    for half, kind in (("encoder", "down_blocks"), ("decoder", "up_blocks")):
        part = getattr(net, half)
        watched |= {f"{half}.{k}": getattr(part, k) for k in ("conv_in", "mid_block", "conv_norm_out", "conv_out")}
        watched |= {f"{half}.{kind}.{i}": block for i, block in enumerate(getattr(part, kind))}
    recorder = Recorder(watched)
    factor = 2 ** (len(config["block_out_channels"]) - 1)
    image = normal(seed + 1, 2, config["in_channels"], factor * size[0], factor * size[1])
    latent = normal(seed + 2, 2, config["latent_channels"], *size)
    with torch.no_grad():
        posterior = net.encode(image).latent_dist
        decoded = net.decode(latent / config["scaling_factor"]).sample
    inputs = {"image": image, "latent": latent}
    outputs = {
        "mean": posterior.mean,
        "logvar": posterior.parameters.chunk(2, 1)[1],
        "latent": posterior.mean * config["scaling_factor"],
        "image": decoded,
    }

    def hidden(x):
        return {"hidden_states": x}

    blocks = {}
    for key, (args, _, result) in recorder.seen.items():
        if key not in ("quant_conv", "post_quant_conv") and not key.endswith("out"):
            blocks[key] = (hidden(args[0]), hidden(result))
    seen = recorder.seen
    blocks["encoder.conv_out"] = (hidden(seen["encoder.conv_norm_out"][0][0]), hidden(seen["quant_conv"][2]))
    blocks["decoder.conv_in"] = (hidden(seen["post_quant_conv"][0][0]), hidden(seen["decoder.conv_in"][2]))
    blocks["decoder.conv_out"] = (hidden(seen["decoder.conv_norm_out"][0][0]), hidden(decoded))
    own = ("in_channels", "out_channels", "latent_channels", "block_out_channels", "layers_per_block")
    own += ("norm_num_groups", "scaling_factor")
    write(folder / name, {k: config[k] for k in own}, net.state_dict(), inputs, outputs, blocks)


VAE = {
    "act_fn": "silu",
    "block_out_channels": [4, 8, 8, 12],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "force_upcast": True,
    "in_channels": 3,
    "latent_channels": 4,
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "out_channels": 3,
    "sample_size": 32,
    "scaling_factor": 0.13025,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}


def clip(folder, name, kind, config, seed):
    import transformers

    net = randomise(getattr(transformers, kind)(transformers.CLIPTextConfig(**config)), seed)
    text = net.text_model if hasattr(net, "text_model") else net
    layers = text.encoder.layers
    watched = {"embeddings": text.embeddings, "final": text.final_layer_norm}
    recorder = Recorder(watched | {f"layers.{i}": layer for i, layer in enumerate(layers)})
    bos, eos, pad = config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]
    # A text with padding, one that fills all positions and holds the highest id.
    ids = torch.tensor(
        [[bos, 5, 9, 9, 17, eos] + [pad] * 6, [bos, 3, 63, 60, 4, 44, 7, 8, 21, 30, 2, eos]], dtype=torch.int64
    )
    with torch.no_grad():
        out = net(ids, output_hidden_states=True)
    seen = recorder.seen
    pooled = out.text_embeds if "projection_dim" in config else out.pooler_output
    ended = {"last_hidden_state": out.last_hidden_state, "pooled": pooled}

    def first(x):
        return x[0] if isinstance(x, tuple) else x

    blocks = {"embeddings": ({"input_ids": ids}, {"hidden_states": seen["embeddings"][2]})}
    for i in range(len(layers)):
        args, kwargs, result = seen[f"layers.{i}"]
        given = args[0] if args else kwargs["hidden_states"]
        blocks[f"layers.{i}"] = ({"hidden_states": given}, {"hidden_states": first(result)})
    blocks["pooler"] = ({"input_ids": ids, "hidden_states": seen["final"][0][0]}, ended)
    # The published rule: what the last layer gets.
    given = blocks[f"layers.{len(layers) - 1}"][0]["hidden_states"]
    assert torch.equal(given, out.hidden_states[-2])
    own = {
        "vocab_size": config["vocab_size"],
        "max_positions": config["max_position_embeddings"],
        "hidden_size": config["hidden_size"],
        "layers": config["num_hidden_layers"],
        "heads": config["num_attention_heads"],
        "intermediate_size": config["intermediate_size"],
        "projection_dim": config.get("projection_dim", 0),
        "eos_token_id": eos,
        "activation": config["hidden_act"],
    }
    weights = {k if k.startswith("text_") else f"text_model.{k}": v for k, v in net.state_dict().items()}
    weights = {k: v for k, v in weights.items() if not k.endswith("position_ids")}
    outputs = {"hidden_states": out.hidden_states[-2], **ended}
    write(folder / name, own, weights, {"input_ids": ids}, outputs, blocks)


CLIP = {
    "bos_token_id": 61,
    "eos_token_id": 62,
    "hidden_act": "quick_gelu",
    "hidden_size": 16,
    "intermediate_size": 24,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 12,
    "num_attention_heads": 2,
    "num_hidden_layers": 3,
    "pad_token_id": 62,
    "vocab_size": 64,
}
CLIP_G = CLIP | {
    "hidden_act": "gelu",
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "projection_dim": 10,
}


def main(folder):
    unet(folder, "sdxl_unet.safetensors", UNET, 1, (8, 12), 1, 1)
    unet(folder, "sdxl_unet_odd.safetensors", UNET_ODD, 2, (7, 10), 2, 2)
    vae(folder, "sdxl_vae.safetensors", VAE, 3, (3, 4))
    clip(folder, "clip_l.safetensors", "CLIPTextModel", CLIP, 4)
    clip(folder, "clip_bigg.safetensors", "CLIPTextModelWithProjection", CLIP_G, 5)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
