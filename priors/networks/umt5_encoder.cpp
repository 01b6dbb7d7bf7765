#include "priors/networks/umt5_encoder.hpp"

#include "lvtino/core/error.hpp"
#include "priors/networks/wan_naming.hpp"
#include "priors/nn/inputs.hpp"

namespace lvtino::nn {
namespace {

const std::string kName = "umt5_encoder";
constexpr std::int64_t kBuckets = 32;
// The least distance of each bucket of one side.
constexpr std::array<std::int64_t, kBuckets / 2> kBucketBegins = {0, 1,  2,  3,  4,  5,  6,  7,
                                                                  8, 12, 16, 23, 32, 46, 64, 91};

const Umt5Config& checked(const Umt5Config& config) {
  for (const std::int64_t extent : {config.width, config.head_width, config.heads, config.hidden,
                                    config.layers, config.vocabulary})
    if (extent < 1) throw ShapeError(text(kName, ": expected positive extents, got ", extent));
  return config;
}

Tensor buckets_of(std::int64_t length, at::Device device) {
  // Of the distances -(L - 1) .. L - 1, then one of them for each query and key.
  Tensor table = at::empty({2 * length - 1}, at::kLong);
  for (std::int64_t i = 0; i < 2 * length - 1; ++i)
    table.data_ptr<std::int64_t>()[i] = relative_bucket(i - (length - 1));
  const Tensor position = at::arange(length, at::kLong);
  const Tensor distance = position.unsqueeze(0) - position.unsqueeze(1);
  return table.index({distance + (length - 1)}).to(device);
}

}  // namespace

std::int64_t relative_bucket(std::int64_t distance) {
  const auto next =
      std::upper_bound(kBucketBegins.begin(), kBucketBegins.end(), std::abs(distance));
  return (distance > 0 ? kBuckets / 2 : 0) + (next - kBucketBegins.begin()) - 1;
}

Umt5Block::Umt5Block(const Weights& weights, const Umt5Config& config)
    : heads_(config.heads),
      attention_norm_(weights["norm1"], config.width, config.epsilon),
      q_(weights["attn"]["q"], config.width, config.heads * config.head_width, false),
      k_(weights["attn"]["k"], config.width, config.heads * config.head_width, false),
      v_(weights["attn"]["v"], config.width, config.heads * config.head_width, false),
      o_(weights["attn"]["o"], config.heads * config.head_width, config.width, false),
      relative_(weights["pos_embedding"]["embedding"].take("weight", {kBuckets, config.heads})),
      feed_norm_(weights["norm2"], config.width, config.epsilon),
      gate_(weights["ffn"]["gate"][0], config.width, config.hidden, false),
      linear_(weights["ffn"]["fc1"], config.width, config.hidden, false),
      contract_(weights["ffn"]["fc2"], config.hidden, config.width, false) {}

Tensor Umt5Block::operator()(Tensor hidden, const Tensor& buckets, const Tensor& unseen) const {
  const Tensor x = attention_norm_(hidden);
  const Tensor bias = relative_.index({buckets}).permute({2, 0, 1}).masked_fill(unseen, -INFINITY);
  const Tensor mixed = attention(split_heads(q_(x), heads_), split_heads(k_(x), heads_),
                                 split_heads(v_(x), heads_), /*scale=*/1, bias);
  hidden = hidden + o_(join_heads(mixed));
  const Tensor y = feed_norm_(hidden);
  return hidden + contract_(at::gelu(gate_(y), "tanh") * linear_(y));
}

Umt5Encoder::Umt5Encoder(const Weights& weights, const Umt5Config& config)
    : config_(checked(config)),
      embedding_(weights["token_embedding"].take("weight", {config.vocabulary, config.width})),
      norm_(weights["norm"], config.width, config.epsilon) {
  for (std::int64_t i = 0; i < config.layers; ++i)
    blocks_.emplace_back(weights["blocks"][i], config);
}

Tensor Umt5Encoder::embed(const Tensor& tokens) const {
  require_pattern(tokens, {kAny, kAny}, {at::kLong, embedding_.device()}, kName + ": tokens");
  const std::int64_t least = tokens.min().item<std::int64_t>();
  const std::int64_t most = tokens.max().item<std::int64_t>();
  if (least < 0 || most >= config_.vocabulary)
    throw ShapeError(text(kName, ": tokens: expected numbers from 0 to ", config_.vocabulary - 1,
                          ", got ", least < 0 ? least : most));
  return at::embedding(embedding_, tokens);
}

Tensor Umt5Encoder::unseen_keys(const Tensor& mask, const Shape& shape) const {
  if (!mask.defined() || shape_of(mask) != shape || mask.device() != embedding_.device() ||
      !at::isIntegralType(mask.scalar_type(), /*includeBool=*/true))
    throw ShapeError(text(kName, ": mask: expected integers ", to_string(shape), " beside the ",
                          "weights, got ", describe(mask)));
  const Tensor unseen = mask == 0;
  if (unseen.all(1).any().item<bool>())
    throw ShapeError(text(kName, ": mask: expected at least one real token in every row"));
  return unseen.view({shape[0], 1, 1, shape[1]});
}

Tensor Umt5Encoder::block(std::int64_t index, const Tensor& hidden, const Tensor& mask) const {
  require_pattern(hidden, {kAny, kAny, config_.width}, placement_of(embedding_),
                  kName + ": hidden");
  return blocks_.at(index)(hidden, buckets_of(hidden.size(1), hidden.device()),
                           unseen_keys(mask, {hidden.size(0), hidden.size(1)}));
}

Tensor Umt5Encoder::forward(const Tensor& tokens, const Tensor& mask) const {
  Tensor hidden = embed(tokens);
  const Tensor unseen = unseen_keys(mask, shape_of(tokens));
  const Tensor buckets = buckets_of(tokens.size(1), tokens.device());
  for (const Umt5Block& block : blocks_) hidden = block(hidden, buckets, unseen);
  return norm_(hidden);
}

namespace {

class Umt5Network final : public Network {
 public:
  Umt5Network(const SpecReader& config, const Weights& weights)
      : encoder_(weights, read_umt5_config(config)) {}

  NamedTensors run(const NamedTensors& inputs) const override {
    refuse_others(inputs, {"tokens", "mask"}, kName);
    return {{"embedding",
             encoder_.forward(input_of(inputs, "tokens", kName), input_of(inputs, "mask", kName))}};
  }

  std::vector<std::string> blocks() const override {
    std::vector<std::string> names = {"token_embedding"};
    for (std::int64_t i = 0; i < encoder_.config().layers; ++i) names.push_back(text("blocks.", i));
    names.push_back("norm");
    return names;
  }

  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override {
    const auto input = [&](const char* key) { return input_of(inputs, key, kName + " " + name); };
    if (name == "token_embedding") return {{"hidden", encoder_.embed(input("tokens"))}};
    if (name == "norm") return {{"embedding", encoder_.norm(input("hidden"))}};
    for (std::int64_t i = 0; i < encoder_.config().layers; ++i)
      if (name == text("blocks.", i))
        return {{"hidden", encoder_.block(i, input("hidden"), input("mask"))}};
    throw NotSupportedError(text(kName, ": there is no part \"", name, "\""));
  }

 private:
  Umt5Encoder encoder_;
};

}  // namespace

Umt5Config read_umt5_config(const SpecReader& spec) {
  Umt5Config c;
  const auto extent = [&spec](const char* key, const char* doc, std::int64_t& value) {
    value = spec.integer(key, {doc, value, 1, 1 << 20});
  };
  extent("width", "features of a token", c.width);
  extent("head_width", "features of a head", c.head_width);
  extent("heads", "attention heads", c.heads);
  extent("hidden", "features inside the feed-forward nets", c.hidden);
  extent("layers", "blocks", c.layers);
  extent("vocabulary", "rows of the table of tokens", c.vocabulary);
  c.epsilon = spec.number("epsilon", {"of all norms", c.epsilon, 0, 1, true});
  return c;
}

const Architecture& umt5_encoder_architecture() {
  static const Architecture architecture = {
      kName, "text encoder UMT5, that of Wan 2.1: tokens, mask -> embedding",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<Umt5Network>(config, weights);
      },
      umt5_encoder_schemes()};
  return architecture;
}

}  // namespace lvtino::nn
