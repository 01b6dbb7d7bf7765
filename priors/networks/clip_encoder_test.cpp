#include "priors/networks/clip_encoder.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/sha256.hpp"
#include "network_fixture.hpp"

BOOST_AUTO_TEST_SUITE(clip_encoder)

using namespace lvtino;
using namespace lvtino::nn;
using namespace lvtino::nn::fixtures;

namespace {

// Steps of 2^-8 at each of some thirty roundings, which partly average out.
constexpr double kBfloat16Bound = 0.02;
constexpr double kHalfBound = kBfloat16Bound / 8;  // three bits more

void check_listing(const Architecture& architecture, std::size_t count, std::int64_t numbers,
                   const std::string& digest) {
  const TensorList tensors = published(architecture);
  const std::string listing = canonical_listing(tensors);
  BOOST_TEST(tensors.size() == count);
  BOOST_TEST(parameters(tensors) == numbers);
  BOOST_TEST(Sha256().update(listing.data(), listing.size()).hex() == digest);
}

}  // namespace

BOOST_AUTO_TEST_CASE(has_the_tensors_of_the_published_networks) {
  check_listing(clip_l_architecture(), 196, 123060480,
                "5f84005b1a822c895f12be1c33a50820b87e03c3a94a6bc3674242c23087af06");
  check_listing(clip_bigg_architecture(), 517, 694659840,
                "2f37d37a41b85695df9ef3eeb0a8f6d100da60ce6caf4ce02d5390a5c057d535");
}

BOOST_AUTO_TEST_CASE(agrees_with_transformers) {
  const Fixture small = read("clip_l.safetensors"), large = read("clip_bigg.safetensors");
  check_parity(*load(clip_l_architecture(), small), small);
  check_parity(*load(clip_bigg_architecture(), large), large);
}

BOOST_AUTO_TEST_CASE(agrees_in_half_precision_to_its_rounding) {
  const Fixture fixture = read("clip_bigg.safetensors");
  for (const auto& [dtype, bound] :
       {std::pair{at::kBFloat16, kBfloat16Bound}, {at::kHalf, kHalfBound}}) {
    const auto network = load(clip_bigg_architecture(), fixture, {dtype});
    BOOST_CHECK(network->run(fixture.whole.inputs).at("pooled").scalar_type() == dtype);
    check_parity(*network, fixture, {bound, bound});
  }
}

BOOST_AUTO_TEST_CASE(what_follows_a_token_does_not_touch_it) {
  const Fixture fixture = read("clip_bigg.safetensors");
  StoredWeights stored(fixture.weights, "f", clip_bigg_architecture().schemes[0].naming,
                       {at::kDouble});
  const ClipEncoder clip(read_clip_config(SpecReader(fixture.config), clip_bigg_config()),
                         Weights(stored));
  const Tensor ids = fixture.whole.inputs.at("input_ids");
  Tensor other = ids.clone();
  other.narrow(1, 6, 6).fill_(1);
  const Tensor a = clip.hidden_states(ids), b = clip.hidden_states(other);
  BOOST_TEST(relative_error(b.narrow(1, 0, 6), a.narrow(1, 0, 6)) < 1e-14);
  BOOST_TEST(relative_error(b.narrow(1, 6, 6), a.narrow(1, 6, 6)) > 0.01);
  // The first text ends at its sixth token: what follows does not change the pooled prompt.
  BOOST_TEST(relative_error(clip.pooled(other.narrow(0, 0, 1), b.narrow(0, 0, 1)),
                            clip.pooled(ids.narrow(0, 0, 1), a.narrow(0, 0, 1))) < 1e-14);
  BOOST_CHECK_THROW(clip.pooled(other, b), NotSupportedError);  // the second has lost its end
}

BOOST_AUTO_TEST_CASE(the_published_networks_run) {
  OneNumber weights;
  const Tensor ids = at::full({1, 77}, 49407, at::kLong);
  const ClipEncoder small({}, Weights{weights}), large(clip_bigg_config(), Weights{weights});
  BOOST_CHECK(shape_of(small.hidden_states(ids)) == Shape({1, 77, 768}));
  const Tensor hidden = large.hidden_states(ids);
  BOOST_CHECK(shape_of(hidden) == Shape({1, 77, 1280}));
  BOOST_CHECK(shape_of(large.pooled(ids, hidden)) == Shape({1, 1280}));
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_expected) {
  const Fixture fixture = read("clip_l.safetensors");
  const auto clip = load(clip_l_architecture(), fixture);
  const auto said = [&](const Tensor& ids) -> std::string {
    try {
      clip->run({{"input_ids", ids}});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  BOOST_TEST(said(at::full({1, 13}, 62, at::kLong)) ==
             "clip: expected ids [M, L] of at most 12 tokens, got [1, 13] Long cpu");
  BOOST_TEST(said(at::full({1, 3}, 64, at::kLong)) == "clip: expected ids in 0 .. 63, got 64");
  BOOST_TEST(said(at::full({1, 3}, -1, at::kLong)) == "clip: expected ids in 0 .. 63, got -1");
  BOOST_TEST(said(at::full({1, 3}, 5, at::kLong)) ==
             "clip: a text without the token 62 that ends it");
  BOOST_CHECK_THROW(clip->run_block("layers.3", {}), NotSupportedError);
  BOOST_CHECK_THROW(read_clip_config(SpecReader(parse_json(R"({"heads": 7})", "c")), ClipConfig()),
                    SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
