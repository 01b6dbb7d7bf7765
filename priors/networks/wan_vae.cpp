#include "priors/networks/wan_vae.hpp"

#include "lvtino/core/error.hpp"
#include "priors/nn/inputs.hpp"

namespace lvtino::nn {
namespace {

Tensor frames_first(const Tensor& video) { return video.transpose(1, 2).contiguous(); }
Tensor channels_first(const Tensor& frames) { return frames.transpose(1, 2).contiguous(); }

const WanVaeConfig& checked(const WanVaeConfig& config) {
  if (config.width < 1)
    throw ShapeError(text("wan_vae: expected a width of at least 1, got ", config.width));
  if (config.channels < 1 || std::int64_t(config.mean.size()) != config.channels ||
      std::int64_t(config.deviation.size()) != config.channels)
    throw ShapeError(text("wan_vae: expected a mean and a deviation of each of the ",
                          config.channels, " channels, got ", config.mean.size(), " and ",
                          config.deviation.size()));
  for (const double deviation : config.deviation)
    if (!(deviation > 0))
      throw ShapeError(text("wan_vae: expected positive deviations, got ", deviation));
  return config;
}

FrameStage middle(const Weights& weights, std::int64_t width) {
  return [first = WanResidual(weights[0], width, width), attend = FrameAttention(weights[1], width),
          second = WanResidual(weights[2], width, width)](const Tensor& x, FrameMemory& memory) {
    return second(attend(first(x, memory)), memory);
  };
}

// `done` of `total` latent frames are followed by a piece of this many.
std::int64_t next_chunk(std::int64_t done, std::int64_t total, std::int64_t chunk) {
  return chunk <= 0 ? total - done : std::min(chunk, total - done);
}

// Frames of the first `latents` latent frames.
std::int64_t frames_of(std::int64_t latents) {
  return latents == 0 ? 0 : 1 + WanVaeLayout::kFrames * (latents - 1);
}

struct Span {
  std::int64_t first, count;
};
struct Tile {
  Span core_h, core_w;    // what is kept
  Span whole_h, whole_w;  // with the halo
};

std::vector<Tile> tiles_of(std::int64_t height, std::int64_t width, std::int64_t side,
                           std::int64_t halo) {
  const auto spans = [&](std::int64_t extent) {
    std::vector<std::pair<Span, Span>> out;
    const std::int64_t step = side <= 0 ? extent : side;
    for (std::int64_t first = 0; first < extent; first += step) {
      const std::int64_t end = std::min(first + step, extent);
      const std::int64_t from = std::max<std::int64_t>(first - halo, 0);
      out.push_back({{first, end - first}, {from, std::min(end + halo, extent) - from}});
    }
    return out;
  };
  std::vector<Tile> tiles;
  for (const auto& [core_h, whole_h] : spans(height))
    for (const auto& [core_w, whole_w] : spans(width))
      tiles.push_back({core_h, core_w, whole_h, whole_w});
  return tiles;
}

// The part of frames [.., H, W] that two spans cover, `scale` samples each.
Tensor part(const Tensor& x, const Span& h, const Span& w, std::int64_t scale = 1) {
  return x.narrow(-2, h.first * scale, h.count * scale)
      .narrow(-1, w.first * scale, w.count * scale);
}

// The core within what was computed with the halo.
Tensor core(const Tensor& x, const Tile& tile, std::int64_t scale = 1) {
  return part(x, {tile.core_h.first - tile.whole_h.first, tile.core_h.count},
              {tile.core_w.first - tile.whole_w.first, tile.core_w.count}, scale);
}

}  // namespace

WanVae::WanVae(const Weights& weights, const WanVaeConfig& config) : config_(checked(config)) {
  build_encoder(weights);
  build_decoder(weights);
}

// With the roundings of the published program where the weights are half precision: the encoder's
// 1 / deviation is rounded, the decoder's is of the rounded deviation.
void WanVae::keep_statistics(const Placement& placement) {
  const auto column = [](const std::vector<double>& values, at::ScalarType dtype) {
    return at::tensor(values, at::kDouble).view({-1, 1, 1}).to(dtype);
  };
  const at::ScalarType exact = placement.dtype == at::kDouble ? at::kDouble : at::kFloat;
  mean_ = column(config_.mean, placement.dtype).to(placement.device);
  inverse_deviation_ = column(config_.deviation, exact).reciprocal().to(placement.options());
  inverse_of_rounded_ =
      column(config_.deviation, placement.dtype).reciprocal().to(placement.device);
}

void WanVae::build_encoder(const Weights& weights) {
  const Weights encoder = weights["encoder"];
  const CausalConvolution moments(weights["conv1"], 2 * config_.channels, 2 * config_.channels, 1,
                                  1);
  keep_statistics(placement_of(moments.bias()));
  std::int64_t width = config_.width, index = 0;
  const auto add = [&](FrameStage stage) {
    encoder_outer_.push_back({text("encoder.downsamples.", index++), std::move(stage)});
  };
  encoder_outer_.push_back({"encoder.conv1", CausalConvolution(encoder["conv1"], 3, width, 3, 3)});
  const Weights down = encoder["downsamples"];
  for (std::size_t level = 0; level < kMultipliers.size(); ++level) {
    const std::int64_t out = config_.width * kMultipliers[level];
    for (std::int64_t i = 0; i < kResidualBlocks; ++i, width = out)
      add(WanResidual(down[index], width, out));
    if (level < kTimeIsHalved.size()) add(WanDownsample(down[index], width, kTimeIsHalved[level]));
  }
  encoder_inner_.push_back({"encoder.middle", middle(encoder["middle"], width)});
  encoder_inner_.push_back(
      {"encoder.head", NormedConvolution(encoder["head"], 0, 2, width, 2 * config_.channels)});
  encoder_inner_.push_back({"conv1", moments});
}

void WanVae::build_decoder(const Weights& weights) {
  const Weights decoder = weights["decoder"];
  std::int64_t width = config_.width * kMultipliers.back(), index = 0;
  decoder_inner_.push_back(
      {"conv2", CausalConvolution(weights["conv2"], config_.channels, config_.channels, 1, 1)});
  decoder_inner_.push_back(
      {"decoder.conv1", CausalConvolution(decoder["conv1"], config_.channels, width, 3, 3)});
  decoder_inner_.push_back({"decoder.middle", middle(decoder["middle"], width)});
  const auto add = [&](FrameStage stage) {
    decoder_outer_.push_back({text("decoder.upsamples.", index++), std::move(stage)});
  };
  const Weights up = decoder["upsamples"];
  for (std::size_t level = kMultipliers.size(); level-- > 0;) {
    const std::int64_t out = config_.width * kMultipliers[level];
    for (std::int64_t i = 0; i < kResidualBlocks + 1; ++i, width = out)
      add(WanResidual(up[index], width, out));
    if (level == 0) break;
    add(WanUpsample(up[index], width, kTimeIsHalved[level - 1]));
    width /= 2;
  }
  decoder_outer_.push_back({"decoder.head", NormedConvolution(decoder["head"], 0, 2, width, 3)});
}

void WanVae::require_video(const Tensor& video) const {
  require_pattern(video, {kAny, 3, kAny, kAny, kAny}, placement_of(mean_), "wan_vae: video");
  if (video.size(3) % kSide != 0 || video.size(4) % kSide != 0)
    throw ShapeError(text("wan_vae: video: expected height and width to be multiples of ", kSide,
                          ", got ", describe(video)));
}

void WanVae::require_latent(const Tensor& latent) const {
  require_pattern(latent, {kAny, config_.channels, kAny, kAny, kAny}, placement_of(mean_),
                  "wan_vae: latent");
}

Tensor WanVae::normalised(const Tensor& moments) const {
  return (moments.narrow(2, 0, config_.channels) - mean_) * inverse_deviation_;
}

Tensor WanVae::unnormalised(const Tensor& latent) const {
  return frames_first(latent) / inverse_of_rounded_ + mean_;
}

Tensor WanVae::encode(const Tensor& video, const WanVaeWork& work) const {
  require_video(video);
  if (video.size(2) % kFrames != 1)
    throw ShapeError(
        text("wan_vae: video: expected 1 + ", kFrames, " n frames, got ", describe(video)));
  const std::int64_t total = 1 + video.size(2) / kFrames, batch = video.size(0),
                     height = video.size(3) / kSide, width = video.size(4) / kSide;
  Tensor features;
  for (const Tile& tile : tiles_of(height, width, work.tile, kEncoderHalo)) {
    const Tensor seen = part(video, tile.whole_h, tile.whole_w, kSide);
    FrameMemory memory;
    for (std::int64_t done = 0, count; done < total; done += count) {
      count = next_chunk(done, total, work.chunk);
      const std::int64_t first = frames_of(done), end = frames_of(done + count);
      memory.rewind();
      const Tensor piece =
          run_stages(encoder_outer_, frames_first(seen.narrow(2, first, end - first)), memory);
      if (!features.defined())
        features = empty_frames({batch, total, piece.size(2), height, width}, piece);
      part(features.narrow(1, done, count), tile.core_h, tile.core_w).copy_(core(piece, tile));
    }
  }
  Tensor latent = at::empty({batch, config_.channels, total, height, width}, video.options());
  FrameMemory memory;
  for (std::int64_t done = 0, count; done < total; done += count) {
    count = next_chunk(done, total, work.chunk);
    memory.rewind();
    const Tensor moments = run_stages(encoder_inner_, features.narrow(1, done, count), memory);
    latent.narrow(2, done, count).copy_(normalised(moments).transpose(1, 2));
  }
  return latent;
}

Tensor WanVae::decode(const Tensor& latent, const WanVaeWork& work) const {
  require_latent(latent);
  const std::int64_t total = latent.size(2), batch = latent.size(0), height = latent.size(3),
                     width = latent.size(4);
  Tensor features;
  {
    FrameMemory memory;
    for (std::int64_t done = 0, count; done < total; done += count) {
      count = next_chunk(done, total, work.chunk);
      memory.rewind();
      const Tensor piece =
          run_stages(decoder_inner_, unnormalised(latent.narrow(2, done, count)), memory);
      if (!features.defined())
        features = empty_frames({batch, total, piece.size(2), height, width}, piece);
      features.narrow(1, done, count).copy_(piece);
    }
  }
  Tensor video =
      at::empty({batch, 3, frames_of(total), kSide * height, kSide * width}, latent.options());
  for (const Tile& tile : tiles_of(height, width, work.tile, kDecoderHalo)) {
    const Tensor seen = part(features, tile.whole_h, tile.whole_w);
    FrameMemory memory;
    for (std::int64_t done = 0, count; done < total; done += count) {
      count = next_chunk(done, total, work.chunk);
      const std::int64_t first = frames_of(done), end = frames_of(done + count);
      memory.rewind();
      const Tensor piece = run_stages(decoder_outer_, seen.narrow(1, done, count).clone(), memory);
      part(video.narrow(2, first, end - first), tile.core_h, tile.core_w, kSide)
          .copy_(core(piece, tile, kSide).clamp(-1, 1).transpose(1, 2));
    }
  }
  return video;
}

Tensor WanVae::encode_next(const Tensor& frames, WanVaeStream& stream) const {
  require_video(frames);
  const Tensor all = stream.pending.defined() ? at::cat({stream.pending, frames}, 2) : frames;
  // Whole groups: the first frame, then four at a time.
  const std::int64_t alone = stream.started ? 0 : 1;
  const std::int64_t ready = alone + (all.size(2) - alone) / kFrames * kFrames;
  const std::int64_t rest = all.size(2) - ready;
  stream.pending = rest == 0 ? Tensor() : all.narrow(2, ready, rest).clone();
  if (ready == 0)
    return at::empty({all.size(0), config_.channels, 0, all.size(3) / kSide, all.size(4) / kSide},
                     all.options());
  stream.started = true;
  stream.memory.rewind();
  const Tensor outer =
      run_stages(encoder_outer_, frames_first(all.narrow(2, 0, ready)), stream.memory);
  return channels_first(normalised(run_stages(encoder_inner_, outer, stream.memory)));
}

Tensor WanVae::decode_next(const Tensor& latents, WanVaeStream& stream) const {
  require_latent(latents);
  stream.started = true;
  stream.memory.rewind();
  const Tensor inner = run_stages(decoder_inner_, unnormalised(latents), stream.memory);
  return channels_first(run_stages(decoder_outer_, inner, stream.memory)).clamp_(-1, 1);
}

}  // namespace lvtino::nn
