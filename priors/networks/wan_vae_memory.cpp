#include <deque>

#include "priors/networks/array_ledger.hpp"
#include "priors/networks/wan_memory.hpp"

namespace lvtino::nn {
namespace {

using Array = ArrayLedger::Array;

struct Frames {
  Array array;
  std::int64_t steps = 0, channels = 0, height = 0, width = 0;
  std::int64_t pixels() const { return height * width; }
  std::int64_t frame() const { return channels * pixels(); }
};

// Slots as in FrameMemory.
struct Slots {
  std::deque<Array> arrays;
  std::size_t next = 0;
  Array& take() {
    if (next == arrays.size()) arrays.emplace_back();
    return arrays[next++];
  }
};

// The stages of the autoencoder, line by line, one clip.
class VaeMemory : private WanVaeLayout {
 public:
  VaeMemory(const WanVaeConfig& config, const WanVaeWork& work, const Placement& compute)
      : config_(config),
        work_(work),
        item_(item_of(compute)),
        wide_(wide_of(compute)),
        scores_held_(compute.device.is_cuda()),
        layout_(frame_layout(compute)) {}

  std::int64_t encode(const Shape& video) {
    const std::int64_t total = 1 + video[2] / kFrames, height = video[3] / kSide,
                       width = video[4] / kSide;
    const Array given = narrow(element_count(video));
    const Array features = narrow(total * innermost() * height * width);
    in_chunks(total, [&](std::int64_t latents, bool first, Slots& slots) {
      const std::int64_t steps = kFrames * latents - (first ? kFrames - 1 : 0);
      encode_outer(
          {narrow(steps * 3 * kSide * kSide * tile(height, kEncoderHalo) *
                  tile(width, kEncoderHalo)),
           steps, 3, kSide * tile(height, kEncoderHalo), kSide * tile(width, kEncoderHalo)},
          slots);
    });
    const Array latent = narrow(total * config_.channels * height * width);
    in_chunks(total, [&](std::int64_t latents, bool, Slots& slots) {
      // The piece is a view of the features.
      Frames x = middle({features, latents, innermost(), height, width}, slots);
      x = normed_convolution(std::move(x), 2 * config_.channels, slots);
      x = within(x, 1, 1, 2 * config_.channels);
      const Frames centred = made(x.steps, config_.channels, height, width),
                   scaled = made(x.steps, config_.channels, height, width);
    });
    return ledger_.peak();
  }

  std::int64_t decode(const Shape& video) {
    const std::int64_t total = 1 + video[2] / kFrames, height = video[3] / kSide,
                       width = video[4] / kSide;
    const Array latent = narrow(total * config_.channels * height * width);
    const Array features = narrow(total * innermost() * height * width);
    in_chunks(total, [&](std::int64_t latents, bool, Slots& slots) {
      Frames x = made(latents, config_.channels, height, width);
      {
        const Frames divided = made(latents, config_.channels, height, width);
        x = within(divided, 1, 1, config_.channels);
      }
      x = convolution(std::move(x), innermost(), 3, slots);
      x = middle(std::move(x), slots);
    });
    const Array out = narrow(element_count(video));
    in_chunks(total, [&](std::int64_t latents, bool, Slots& slots) {
      Frames x = decode_outer(
          made(latents, innermost(), tile(height, kDecoderHalo), tile(width, kDecoderHalo)), slots);
      const Frames clamped = made(x.steps, x.channels, x.height, x.width);
    });
    return ledger_.peak();
  }

 private:
  Array narrow(std::int64_t elements) { return ledger_.array(elements, item_); }
  Frames made(std::int64_t steps, std::int64_t channels, std::int64_t height, std::int64_t width) {
    return {narrow(steps * channels * height * width), steps, channels, height, width};
  }
  std::int64_t innermost() const { return config_.width * kMultipliers.back(); }

  // The longest side of a tile with its halo.
  std::int64_t tile(std::int64_t extent, std::int64_t halo) const {
    if (work_.tile <= 0) return extent;
    std::int64_t longest = 0;
    for (std::int64_t first = 0; first < extent; first += work_.tile)
      longest = std::max(longest, std::min(std::min(first + work_.tile, extent) + halo, extent) -
                                      std::max<std::int64_t>(first - halo, 0));
    return longest;
  }

  // All pieces from the third on are like the second.
  template <class Piece>
  void in_chunks(std::int64_t total, const Piece& piece) {
    Slots slots;
    for (std::int64_t done = 0, count, index = 0; done < total && index < 3;
         done += count, ++index) {
      count = work_.chunk <= 0 ? total - done : std::min(work_.chunk, total - done);
      slots.next = 0;
      piece(count, done == 0, slots);
    }
  }

  // map_frames and the convolutions, in groups of steps; `scratch` elements for so many steps.
  Frames in_groups(std::int64_t steps, std::int64_t elements_of_step,
                   const std::function<std::int64_t(std::int64_t count)>& scratch,
                   std::int64_t channels, std::int64_t height, std::int64_t width) {
    const std::int64_t most = std::max<std::int64_t>(1, kMostElements / elements_of_step),
                       out = channels * height * width;
    Frames result{{}, steps, channels, height, width};
    for (std::int64_t first = 0; first < steps; first += most) {
      const std::int64_t count = std::min(most, steps - first);
      Array part;
      {
        const Array inner = narrow(scratch(count));
        part = narrow(count * out);
      }
      narrow(count * out);  // a convolution's result in the library's layout
      if (count == steps) return result.array = part, result;
      if (!result.array.defined()) result.array = narrow(steps * out);
    }
    return result;
  }

  Frames within(const Frames& x, std::int64_t kernel, std::int64_t stride, std::int64_t out) {
    if (layout_ == FrameLayout::volumes) {
      // The kernel in the library's order, and a little that it works in.
      const std::int64_t steps = (x.steps - kernel) / stride + 1;
      const Array weights = narrow(kernel * 9 * x.channels * out),
                  scratch = ledger_.array(std::int64_t{1} << 14, 1);
      return made(steps, out, x.height, x.width);
    }
    // Windows of several steps overlap: they are copied side by side, and libraries lay them out
    // anew (oneDNN does; cuDNN may).
    const std::int64_t weights = kernel * 9 * x.channels * out;  // at most
    const auto scratch = [&](std::int64_t count) {
      return weights + (kernel > 1 && count > 1 ? 2 : 1) * count * kernel * x.frame();
    };
    return in_groups((x.steps - kernel) / stride + 1, kernel * x.frame(), scratch, out, x.height,
                     x.width);
  }

  Frames convolution(Frames x, std::int64_t out, std::int64_t kernel, Slots& slots) {
    Array& slot = slots.take();
    const std::int64_t past = kernel - 1;
    if (!slot.defined()) slot = narrow(past * x.frame());
    if (layout_ == FrameLayout::windows && x.steps >= past) {  // they are gathered from both
      const Frames y =
          within({x.array, past + x.steps, x.channels, x.height, x.width}, kernel, 1, out);
      slot.reset();
      slot = narrow(past * x.frame());
      return y;
    }
    const Frames all = made(past + x.steps, x.channels, x.height, x.width);
    x.array.reset(), slot.reset();
    slot = narrow(past * x.frame());
    return within(all, kernel, 1, out);
  }

  Array channel_norm(const Frames& x) {
    // Norm, its bound, its inverse, and that in the dtype of the frames: numbers of pixels.
    const Array norms = ledger_.array(3 * x.steps * x.pixels(), wide_);
    return narrow(x.steps * x.frame());
  }

  Frames normed_convolution(Frames x, std::int64_t out, Slots& slots) {
    Frames normed{channel_norm(x), x.steps, x.channels, x.height, x.width};
    x.array.reset();
    return convolution(std::move(normed), out, 3, slots);
  }

  Frames residual(const Frames& x, std::int64_t out, Slots& slots) {
    Frames y = normed_convolution(normed_convolution(x, out, slots), out, slots);
    if (x.channels != out) within(x, 1, 1, out);
    return y;
  }

  Frames middle(Frames x, Slots& slots) {
    const Frames first = residual(x, x.channels, slots);
    const Frames mixed = attended(first);
    return residual(mixed, x.channels, slots);
  }

  Frames attended(const Frames& x) {
    const Array normed = channel_norm(x);
    // Of a frame: q, k, v twice (as the convolution leaves them, side by side), what they give,
    // and that turned back.
    const auto scratch = [&](std::int64_t count) {
      const std::int64_t keys = count * x.pixels(),
                         scores = std::min(std::max(kMostScores, keys), keys * x.pixels());
      return 8 * count * x.frame() +
             (scores_held_ ? (2 * scores + 3 * count * x.frame()) * wide_ / item_ : 0);
    };
    const Frames out = in_groups(x.steps, x.frame(), scratch, x.channels, x.height, x.width);
    return made(x.steps, x.channels, x.height, x.width);
  }

  Frames downsample(Frames x, bool in_time, Slots& slots) {
    const std::int64_t padded = x.channels * (x.height + 1) * (x.width + 1);
    Frames y = in_groups(
        x.steps, x.frame(), [&](std::int64_t count) { return 2 * count * padded; }, x.channels,
        x.height / 2, x.width / 2);
    x.array.reset();
    if (!in_time) return y;
    Array& slot = slots.take();
    const bool first = !slot.defined();
    const Frames all = first ? y : made(y.steps + 1, y.channels, y.height, y.width);
    const Array kept = narrow(y.frame());
    slot = kept;
    if (first && y.steps == 1) return y;
    const Frames halved = within(all, 3, 2, y.channels);
    return first ? made(halved.steps + 1, y.channels, y.height, y.width) : halved;
  }

  Frames doubled(Frames x, Slots& slots) {
    Array& started = slots.take();
    const std::int64_t first = started.defined() ? 0 : 1, count = x.steps - first;
    started = narrow(0);
    if (count == 0) return slots.take(), x;
    Frames twice =
        convolution({x.array, count, x.channels, x.height, x.width}, 2 * x.channels, 3, slots);
    twice.steps *= 2, twice.channels /= 2;
    return first == 0 ? twice : made(twice.steps + 1, x.channels, x.height, x.width);
  }

  Frames upsample(Frames x, bool in_time, Slots& slots) {
    if (in_time) x = doubled(std::move(x), slots);
    return in_groups(
        x.steps, x.frame(), [&](std::int64_t count) { return 8 * count * x.frame(); },
        x.channels / 2, 2 * x.height, 2 * x.width);
  }

  Frames encode_outer(Frames x, Slots& slots) {
    x = convolution(std::move(x), config_.width, 3, slots);
    for (std::size_t level = 0; level < kMultipliers.size(); ++level) {
      for (std::int64_t i = 0; i < kResidualBlocks; ++i)
        x = residual(x, config_.width * kMultipliers[level], slots);
      if (level < kTimeIsHalved.size()) x = downsample(std::move(x), kTimeIsHalved[level], slots);
    }
    return x;
  }

  Frames decode_outer(Frames x, Slots& slots) {
    for (std::size_t level = kMultipliers.size(); level-- > 0;) {
      for (std::int64_t i = 0; i < kResidualBlocks + 1; ++i)
        x = residual(x, config_.width * kMultipliers[level], slots);
      if (level > 0) x = upsample(std::move(x), kTimeIsHalved[level - 1], slots);
    }
    return normed_convolution(std::move(x), 3, slots);
  }

  const WanVaeConfig& config_;
  WanVaeWork work_;
  std::int64_t item_, wide_;
  bool scores_held_;
  FrameLayout layout_;
  ArrayLedger ledger_;
};

}  // namespace

std::int64_t wan_encode_work(const WanVaeConfig& config, const Shape& video, const WanVaeWork& work,
                             const Placement& compute) {
  return VaeMemory(config, work, compute).encode(video);
}

std::int64_t wan_decode_work(const WanVaeConfig& config, const Shape& video, const WanVaeWork& work,
                             const Placement& compute) {
  return VaeMemory(config, work, compute).decode(video);
}

double wan_vae_operations(const WanVaeConfig& config, const Shape& latent, std::int64_t tile) {
  constexpr double kEncode = 127.1e12, kDecode = 212.3e12, kSamples = 7 * 96 * 160;
  const auto covered = [&](std::int64_t extent, std::int64_t halo) {
    std::int64_t sum = 0;
    for (std::int64_t first = 0; first < extent; first += tile)
      sum += std::min(std::min(first + tile, extent) + halo, extent) -
             std::max<std::int64_t>(first - halo, 0);
    return double(sum);
  };
  const auto samples = [&](std::int64_t halo) {
    const double area = tile <= 0 ? double(latent[3] * latent[4])
                                  : covered(latent[3], halo) * covered(latent[4], halo);
    return double(latent[2]) * area / kSamples;
  };
  const double width = double(config.width) / double(WanVaeConfig{}.width);
  return width * width *
         (kEncode * samples(WanVaeLayout::kEncoderHalo) +
          kDecode * samples(WanVaeLayout::kDecoderHalo));
}

}  // namespace lvtino::nn
