#include "priors/networks/wan_vae.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "wan_parity.hpp"

BOOST_AUTO_TEST_SUITE(wan_vae)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

// float32 networks of two implementations.
constexpr double kParity = 5e-6;
// bfloat16 keeps 8 bits; some thirty convolutions follow each other.
constexpr double kBfloat16 = 0.05;
// Orders of summation, in float64.
constexpr double kSame = 1e-12;

const Placement kDouble{at::kDouble};

WanVae small() {
  RandomWeights random(Rng(1), kDouble);
  return WanVae(Weights(random), {2, 3, {0.1, -0.2, 0.3}, {1.1, 0.9, 1.3}});
}

Tensor video(const Shape& shape) { return Rng(2).uniform(shape, kDouble) * 2 - 1; }
// Small enough for the output not to be clamped everywhere.
Tensor latent(const Shape& shape) { return Rng(3).normal(shape, kDouble) * 0.5; }

const wan_parity::Fixture& fixture() {
  static const wan_parity::Fixture fixture("wan_vae.safetensors");
  return fixture;
}

}  // namespace

BOOST_AUTO_TEST_CASE(diffusers_computes_the_same) {
  const auto network = fixture().network(wan_vae_architecture(), at::kFloat);
  for (const std::string case_name : {"video", "image"}) BOOST_TEST_CONTEXT(case_name) {
      const NamedTensors out = network->run(fixture().part(case_name + "/in"));
      for (const auto& [name, expected] : fixture().part(case_name + "/out")) {
        const double apart = wan_parity::relative_error(out.at(name), expected);
        BOOST_TEST_MESSAGE(case_name << " " << name << ": " << apart);
        BOOST_TEST(apart <= kParity);
      }
    }
}

BOOST_AUTO_TEST_CASE(every_part_computes_the_same) {
  const auto network = fixture().network(wan_vae_architecture(), at::kFloat);
  for (const std::string case_name : {"video", "image"}) BOOST_TEST_CONTEXT(case_name) {
      const NamedTensors in = fixture().part(case_name + "/in");
      NamedTensors frames = {{"frames", in.at("video")}};
      for (const std::string& name : network->blocks()) BOOST_TEST_CONTEXT(name) {
          if (name == "conv2") {
            const auto column = [](std::vector<double> values) {
              return at::tensor(values, at::kDouble).to(at::kFloat).view({1, 4, 1, 1, 1});
            };
            frames["frames"] =
                in.at("latent") * column({1.1, 0.9, 1.3, 0.7}) + column({0.1, -0.2, 0.3, -0.4});
          }
          const NamedTensors expected = fixture().part(case_name + "/" + name);
          const double apart = wan_parity::worst(network->run_block(name, frames), expected);
          BOOST_TEST_MESSAGE(case_name << " " << name << ": " << apart);
          BOOST_TEST(apart <= kParity);
          frames = expected;
        }
    }
  BOOST_CHECK_THROW(network->run_block("decoder.upsamples.15", {}), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(bfloat16_strays_by_its_rounding) {
  const auto network = fixture().network(wan_vae_architecture(), at::kBFloat16);
  const NamedTensors out = network->run(fixture().part("video/in", at::kBFloat16));
  for (const auto& [name, expected] : fixture().part("video/out")) {
    const double apart = wan_parity::relative_error(out.at(name), expected);
    BOOST_TEST_MESSAGE("bfloat16 " << name << ": " << apart);
    BOOST_TEST(apart <= kBfloat16);
    BOOST_TEST(apart > 1e-4);
  }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_length_encode_to_the_whole) {
  const WanVae vae = small();
  const Tensor x = video({1, 3, 13, 16, 8}), whole = vae.encode(x, {0, 0});
  BOOST_TEST(whole.size(2) == 4);
  BOOST_TEST(wan_parity::relative_error(vae.encode(x, {1, 0}), whole) < kSame);
  BOOST_TEST(wan_parity::relative_error(vae.encode(x, {3, 0}), whole) < kSame);
  for (const Shape& lengths :
       std::vector<Shape>{{13}, {1, 12}, {2, 1, 3, 7}, {6, 7}, {1, 1, 1, 1, 1, 8}, {4, 4, 4, 1}}) {
    WanVaeStream stream;
    std::vector<Tensor> parts;
    std::int64_t first = 0;
    for (const std::int64_t length : lengths) {
      parts.push_back(vae.encode_next(x.narrow(2, first, length), stream));
      first += length;
      BOOST_TEST(at::cat(parts, 2).size(2) == (first + 3) / 4);
    }
    BOOST_TEST(wan_parity::relative_error(at::cat(parts, 2), whole) < kSame);
  }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_length_decode_to_the_whole) {
  const WanVae vae = small();
  const Tensor z = latent({1, 3, 5, 2, 3}), whole = vae.decode(z, {0, 0});
  BOOST_TEST(whole.size(2) == 17);
  BOOST_TEST((whole.abs() == 1).to(at::kDouble).mean().item<double>() < 0.5);
  BOOST_TEST(wan_parity::relative_error(vae.decode(z, {1, 0}), whole) < kSame);
  BOOST_TEST(wan_parity::relative_error(vae.decode(z, {2, 0}), whole) < kSame);
  for (const Shape& lengths : std::vector<Shape>{{5}, {1, 4}, {1, 1, 3}, {2, 1, 2}, {3, 2}}) {
    WanVaeStream stream;
    std::vector<Tensor> parts;
    std::int64_t first = 0;
    for (const std::int64_t length : lengths) {
      parts.push_back(vae.decode_next(z.narrow(2, first, length), stream));
      first += length;
    }
    BOOST_TEST(wan_parity::relative_error(at::cat(parts, 2), whole) < kSame);
  }
}

// A side of 34 latent samples is longer than both halos around a tile; the halo of the tile in the
// middle ends within the frame on both sides.
BOOST_AUTO_TEST_CASE(tiles_change_nothing) {
  const WanVae vae = small();
  for (const auto& [height, width] : {std::pair{1, 34}, std::pair{34, 1}})
    for (const std::int64_t tile : {4, 16}) BOOST_TEST_CONTEXT("tile " << tile) {
        const Tensor x = video({1, 3, 5, 8 * height, 8 * width});
        const Tensor z = latent({1, 3, 2, height, width});
        const double of_encoder =
            wan_parity::relative_error(vae.encode(x, {1, tile}), vae.encode(x));
        const double of_decoder =
            wan_parity::relative_error(vae.decode(z, {1, tile}), vae.decode(z));
        BOOST_TEST_MESSAGE("tile " << tile << ": " << of_encoder << ", " << of_decoder);
        BOOST_TEST(of_encoder < kSame);
        BOOST_TEST(of_decoder < kSame);
      }
}

BOOST_AUTO_TEST_CASE(later_frames_change_no_earlier_ones) {
  const WanVae vae = small();
  const Tensor x = video({1, 3, 9, 8, 8});
  Tensor other = x.clone();
  other.narrow(2, 5, 4).neg_();
  const Tensor a = vae.encode(x), b = vae.encode(other);
  BOOST_TEST(wan_parity::relative_error(b.narrow(2, 0, 2), a.narrow(2, 0, 2)) < kSame);
  BOOST_TEST(wan_parity::relative_error(b.narrow(2, 2, 1), a.narrow(2, 2, 1)) > 0.01);
}

BOOST_AUTO_TEST_CASE(wrong_inputs_are_told) {
  const WanVae vae = small();
  BOOST_CHECK_THROW(vae.encode(video({1, 3, 4, 8, 8})), ShapeError);
  BOOST_CHECK_THROW(vae.encode(video({1, 3, 5, 8, 12})), ShapeError);
  BOOST_CHECK_THROW(vae.encode(video({1, 4, 5, 8, 8})), ShapeError);
  BOOST_CHECK_THROW(vae.encode(video({1, 3, 5, 8, 8}).to(at::kFloat)), PlacementError);
  BOOST_CHECK_THROW(vae.decode(latent({1, 4, 2, 2, 2})), ShapeError);
  WeightList list;
  BOOST_CHECK_THROW(WanVae(Weights(list), {2, 3, {0, 0}, {1, 1}}), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
