#include "priors/networks/array_ledger.hpp"
#include "priors/networks/wan_memory.hpp"

namespace lvtino::nn {
namespace {

using Array = ArrayLedger::Array;

// A block of the transformer, line by line.
class TransformerMemory {
 public:
  TransformerMemory(const WanTransformerConfig& config, const Shape& latent,
                    const Placement& compute)
      : config_(config),
        item_(item_of(compute)),
        wide_(wide_of(compute)),
        tokens_(latent[0] * latent[2] * (latent[3] / 2) * (latent[4] / 2)),
        turns_(latent[2] * (latent[3] / 2) * (latent[4] / 2) * (config.width / config.heads / 2)),
        latent_(element_count(latent)) {}

  std::int64_t peak() {
    const Array latent = narrow(latent_);
    const Array turns = rotation();
    Array tokens = patch_embedding();
    tokens = block(std::move(tokens));
    {
      const Array modulated = features();
      const Array patches = narrow(latent_), flow = narrow(latent_);
    }
    return ledger_.peak();
  }

 private:
  Array narrow(std::int64_t elements) { return ledger_.array(elements, item_); }
  Array features() { return narrow(tokens_ * config_.width); }

  Array rotation() {
    const Array angle = ledger_.array(turns_, 8), ones = ledger_.array(turns_, 8);
    const Array exact = ledger_.array(turns_, 16);
    return ledger_.cast(exact, 2 * wide_);
  }

  Array patch_embedding() {
    const Array patches = narrow(latent_);
    return features();
  }

  // A projection of what the caller holds, then its RMS norm.
  Array normed_projection() {
    const Array x = features();
    const Array exact = ledger_.cast(x, wide_);
    {
      // The mean, what is added to it and its root, of each token.
      const Array square = ledger_.array(x.elements(), wide_),
                  scales = ledger_.array(3 * tokens_, wide_);
    }
    const Array scaled = item_ == wide_ ? features() : exact;
    return ledger_.cast(scaled, item_);
  }

  Array rotated(const Array& x) {
    const Array wide = ledger_.cast(x, wide_);
    const Array turned = item_ == wide_ ? features() : wide;
    return ledger_.cast(turned, item_);
  }

  // Attention of fused kernels: no scores; one number a query and head is kept.
  Array attend() {
    const Array sums = ledger_.array(tokens_ * config_.heads, 4);
    const Array mixed = features();
    return features();
  }

  Array block(Array tokens) {
    const Array modulation = narrow(6 * config_.width);
    {
      Array x = features();
      const Array q = rotated(normed_projection()), k = rotated(normed_projection());
      const Array v = features();
      x.reset();
      tokens = attend();
    }
    {
      Array normed = features();
      const Array q = normed_projection();
      normed.reset();
      tokens = attend();
    }
    Array inner;
    {
      // Libraries lay the weights of a linear map out anew in half precision.
      const Array x = features(), weights = narrow(config_.width * config_.hidden);
      inner = narrow(tokens_ * config_.hidden);
    }
    const Array out = features();
    return out;
  }

  const WanTransformerConfig& config_;
  std::int64_t item_, wide_, tokens_, turns_, latent_;
  ArrayLedger ledger_;
};

}  // namespace

std::int64_t wan_context_bytes(const WanTransformerConfig& config, const Placement& compute) {
  return (1 + 2 * config.layers) * config.text_length * config.width * item_of(compute);
}

std::int64_t wan_transformer_work(const WanTransformerConfig& config, const Shape& latent,
                                  const Placement& compute) {
  return TransformerMemory(config, latent, compute).peak();
}

}  // namespace lvtino::nn
