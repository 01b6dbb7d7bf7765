#include "priors/networks/sdxl_memory.hpp"

#include "priors/networks/array_ledger.hpp"
#include "priors/nn/fused.hpp"

namespace lvtino::nn {
namespace {

using Array = ArrayLedger::Array;

// Scores that attention_in_parts lets exist at a time.
constexpr std::int64_t kMostScoresOfImages = std::int64_t{1} << 27;

// Numbers of a single image up to which libtorch leaves convolutions of float32 to itself on a CPU.
constexpr std::int64_t kSmallImage = 20480;

struct Images {
  Array array;
  std::int64_t channels = 0, height = 0, width = 0;
  bool channels_last = false;  // a pixel's channels side by side, as tokens have them
  std::int64_t pixels() const { return height * width; }
};

// What both networks consist of, line by line, for images of a batch.
class ImageMemory {
 public:
  ImageMemory(std::int64_t batch, const Placement& compute)
      : batch_(batch),
        item_(item_of(compute)),
        wide_(std::max<std::int64_t>(4, item_)),
        on_cpu_(!compute.device.is_cuda()),
        laid_out_(is_fast() && on_cpu_ && compute.dtype != at::kDouble) {}

 protected:
  Array narrow(std::int64_t elements) { return ledger_.array(batch_ * elements, item_); }
  Images made(std::int64_t channels, std::int64_t height, std::int64_t width) {
    return {narrow(channels * height * width), channels, height, width};
  }
  Images like(const Images& x, std::int64_t channels) {
    Images out = made(channels, x.height, x.width);
    out.channels_last = x.channels_last;
    return out;
  }

  // Libraries lay argument, weights and result of a convolution out anew (oneDNN does; cuDNN may).
  // Where channels lie last, libtorch gives them a copy of the weights that lies so too.
  Images convolved(const Images& x, std::int64_t channels, std::int64_t height, std::int64_t width,
                   std::int64_t kernel = 3) {
    const std::int64_t taps = kernel * kernel, weights = taps * x.channels * channels;
    if (laid_out_) return convolved_as_laid_out(x, channels, height, width, kernel, weights);
    const Array turned = ledger_.array(x.channels_last && kernel > 1 ? weights : 0, item_);
    Images out;
    if (gathered(x)) {
      const Images windows = made(kernel > 1 ? taps * x.channels : 0, height, width);
      out = made(channels, height, width);
    } else {
      const Array again = ledger_.array(weights, item_);
      Images given = made(x.channels, x.height, x.width);
      const Images result = made(channels, height, width);
      given.array.reset();
      out = made(channels, height, width);
    }
    out.channels_last = x.channels_last;
    return out;
  }
  Images convolved(const Images& x, std::int64_t channels, std::int64_t kernel = 3) {
    return convolved(x, channels, x.height, x.width, kernel);
  }

  // The weights in the library's order, and a little that it works in. The order of a single
  // image is not always seen: it is laid out anew.
  Images convolved_as_laid_out(const Images& x, std::int64_t channels, std::int64_t height,
                               std::int64_t width, std::int64_t kernel, std::int64_t weights) {
    const Array again = ledger_.array(gathered(x) ? 0 : weights, item_),
                scratch = ledger_.array(std::int64_t{1} << 14, 1);
    const std::int64_t taps = kernel > 1 ? kernel * kernel : 0;
    const Images windows = made(gathered(x) ? taps * x.channels : 0, height, width),
                 turned = made(batch_ == 1 ? x.channels : 0, x.height, x.width);
    return made(channels, height, width);
  }

  // Of a single small image in float32 libtorch gathers the window of every pixel by itself.
  bool gathered(const Images& x) const {
    return on_cpu_ && item_ == 4 && batch_ == 1 && x.channels * x.pixels() <= kSmallImage;
  }

  // Norm, SiLU in place, convolution.
  Images normed_convolution(const Images& x, std::int64_t out) {
    const Images normed = like(x, x.channels);
    return convolved(normed, out);
  }

  Images resnet(const Images& x, std::int64_t out) {
    Images y = normed_convolution(x, out);
    Images normed = like(y, out);
    y.array.reset();
    y = convolved(normed, out);
    normed.array.reset();
    if (x.channels != out) convolved(x, out, 1);
    return y;
  }

  Images doubled(const Images& x, std::int64_t height, std::int64_t width) {
    Images wide = made(x.channels, height, width);
    wide.channels_last = x.channels_last;
    return convolved(wide, x.channels);
  }

  std::int64_t batch_, item_, wide_;
  bool on_cpu_, laid_out_;  // whether all lies with the channels last, as oneDNN takes it
  ArrayLedger ledger_;
};

class UnetMemory : public ImageMemory {
 public:
  UnetMemory(const SdxlUnetConfig& config, const Shape& latent, const Placement& compute)
      : ImageMemory(latent[0], compute), config_(config), latent_(latent) {}

  std::int64_t peak() {
    const auto& channels = config_.block_out_channels;
    const std::size_t levels = channels.size();
    const Images given = made(config_.in_channels, latent_[2], latent_[3]);
    Images x = convolved(given, channels[0]);
    std::vector<Images> skips = {x};
    for (std::size_t level = 0; level < levels; ++level) {
      for (std::int64_t j = 0; j < config_.layers_per_block; ++j) {
        x = transformed(resnet(x, channels[level]), level);
        skips.push_back(x);
      }
      if (level + 1 < levels)
        skips.push_back(x = convolved(x, x.channels, (x.height + 1) / 2, (x.width + 1) / 2));
    }
    x = transformed(resnet(x, x.channels), levels - 1);
    x = resnet(x, x.channels);
    for (std::size_t level = levels; level-- > 0;) {
      for (std::int64_t j = 0; j <= config_.layers_per_block; ++j) {
        Images joined = like(x, x.channels + skips.back().channels);
        joined.channels_last = x.channels_last && skips.back().channels_last;
        x = joined;
        skips.pop_back();
        x = transformed(resnet(x, channels[level]), level);
      }
      if (level > 0) x = doubled(x, skips.back().height, skips.back().width);
    }
    x = normed_convolution(x, config_.out_channels);
    return ledger_.peak();
  }

 private:
  Images transformed(Images x, std::size_t level) {
    const std::int64_t depth = config_.transformer_layers[level];
    if (depth == 0) return x;
    Images tokens;
    {
      const Images normed = like(x, x.channels), rows = like(x, x.channels);
      tokens = like(x, x.channels);
    }
    {
      const Images own = like(x, x.channels), keys = like(x, x.channels),
                   values = like(x, x.channels);
      attended(x, config_.heads[level]);
    }
    {
      const Images own = like(x, x.channels);
      attended(x, config_.heads[level]);
    }
    {
      Images normed = like(x, x.channels);
      Images wide = like(x, 8 * x.channels);
      normed.array.reset();
      const Images gated = like(x, 4 * x.channels);
      wide.array.reset();
      const Images more = like(x, x.channels);
    }
    {
      const Images out = like(x, x.channels);
      tokens = out;
    }
    Images out = like(x, x.channels);
    out.channels_last = batch_ > 1;  // libtorch does not see it of a single image
    return out;
  }

  // Queries, what they give and its projection; fused, one number a query and head is kept.
  void attended(const Images& x, std::int64_t heads) {
    const Images queries = like(x, x.channels);
    const Array sums = ledger_.array(batch_ * x.pixels() * heads, 4);
    const Images mixed = like(x, x.channels), out = like(x, x.channels);
  }

  const SdxlUnetConfig& config_;
  Shape latent_;
};

class ImageVaeMemory : public ImageMemory {
 public:
  ImageVaeMemory(const SdxlVaeConfig& config, const Shape& images, const Placement& compute)
      : ImageMemory(images[0], compute), config_(config), height_(images[2]), width_(images[3]) {}

  std::int64_t encode() {
    const auto& channels = config_.block_out_channels;
    // As they come and scaled to the network's range.
    const Images given = made(config_.in_channels, height_, width_);
    const Images scaled = like(given, given.channels);
    Images x = convolved(scaled, channels[0]);
    for (std::size_t level = 0; level < channels.size(); ++level) {
      for (std::int64_t j = 0; j < config_.layers_per_block; ++j) x = resnet(x, channels[level]);
      if (level + 1 < channels.size()) {
        const Images padded = made(x.channels, x.height + 1, x.width + 1);
        x = convolved(padded, x.channels, x.height / 2, x.width / 2);
      }
    }
    x = middle(x);
    x = normed_convolution(x, 2 * config_.latent_channels);
    x = like(x, x.channels);
    return ledger_.peak();
  }

  std::int64_t decode() {
    const auto& channels = config_.block_out_channels;
    const std::int64_t factor = config_.factor();
    const Images given = made(config_.latent_channels, height_ / factor, width_ / factor);
    const Images unscaled = like(given, given.channels), first = like(given, given.channels);
    Images x = middle(like(given, channels.back()));
    for (std::size_t level = channels.size(); level-- > 0;) {
      for (std::int64_t j = 0; j <= config_.layers_per_block; ++j) x = resnet(x, channels[level]);
      if (level > 0) x = doubled(x, 2 * x.height, 2 * x.width);
    }
    x = normed_convolution(x, config_.out_channels);
    return ledger_.peak();
  }

 private:
  Images middle(const Images& x) {
    const Images y = resnet(x, x.channels), tokens = like(x, x.channels);
    Images mixed = attended(x);
    const Images out = like(x, x.channels), turned = like(x, x.channels), sum = like(x, x.channels);
    return resnet(sum, x.channels);
  }

  // One head; each projection reads a copy of the tokens, which lie the other way round.
  Images attended(const Images& x) {
    const Images queries = like(x, x.channels), keys = like(x, x.channels);
    Images copy = like(x, x.channels);
    const Images values = like(x, x.channels);
    copy.array.reset();
    const Images mixed = like(x, x.channels), part = like(x, x.channels);
    if (!on_cpu_) {
      const std::int64_t all = batch_ * x.pixels(),
                         scores = std::min(std::max(kMostScoresOfImages, all), all * x.pixels());
      ledger_.array(2 * scores + 3 * all * x.channels, wide_);
    }
    return mixed;
  }

  const SdxlVaeConfig& config_;
  std::int64_t height_, width_;
};

}  // namespace

std::int64_t sdxl_context_bytes(const SdxlUnetConfig& config, std::int64_t tokens,
                                const Placement& compute) {
  const auto& channels = config.block_out_channels;
  const std::int64_t transformers = 2 * config.layers_per_block + 1;  // of a level, both ways
  std::int64_t features = config.transformer_layers.back() * channels.back();
  for (std::size_t level = 0; level < channels.size(); ++level)
    features += transformers * config.transformer_layers[level] * channels[level];
  return 2 * tokens * features * item_of(compute);
}

std::int64_t sdxl_unet_work(const SdxlUnetConfig& config, const Shape& latent,
                            const Placement& compute) {
  return UnetMemory(config, latent, compute).peak();
}

std::int64_t sdxl_encode_work(const SdxlVaeConfig& config, const Shape& images,
                              const Placement& compute) {
  return ImageVaeMemory(config, images, compute).encode();
}

std::int64_t sdxl_decode_work(const SdxlVaeConfig& config, const Shape& images,
                              const Placement& compute) {
  return ImageVaeMemory(config, images, compute).decode();
}

}  // namespace lvtino::nn
