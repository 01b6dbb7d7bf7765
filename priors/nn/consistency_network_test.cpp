#include "priors/nn/consistency_network.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(consistency_network)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

ConsistencyNetwork shaken() {
  ConsistencyNetwork network{.config = {.widths = {4, 6}, .blocks = {1, 1}, .embedding = 8},
                             .range = {0.05, 1}};
  for (const auto& [name, shape] : pyramid_shapes(network.config))
    network.parameters[name] =
        Rng(7).fork(name).normal(shape, {}).mul(0.2).to(at::kBFloat16).to(at::kFloat);
  return network;
}

const std::string kPath =
    (std::filesystem::temp_directory_path() / "lvtino_consistency_network_test.safetensors")
        .string();

}  // namespace

BOOST_AUTO_TEST_CASE(without_noise_it_is_the_identity) {
  const Tensor x = Rng(1).normal({3, 3, 9, 7}, {at::kDouble});
  BOOST_TEST(at::equal(shaken().denoise(x, 0, at::kFloat), x));
}

BOOST_AUTO_TEST_CASE(gains_at_the_data_deviation) {
  BOOST_TEST(skip_gain(0.5) == 0.5);
  BOOST_TEST(output_gain(0.5) == 0.5 / std::sqrt(2.0), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(input_gain(0.5) == std::sqrt(2.0), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(any_size_and_its_padding) {
  const ConsistencyNetwork network = shaken();
  const Tensor x = Rng(2).normal({2, 3, 8, 12}, {});
  const Tensor whole = network.denoise(x, 0.3, at::kFloat);
  // Cutting a row and padding it back by replication is what the network does on its own.
  const Tensor cut = x.narrow(2, 0, 7).contiguous();
  const Tensor padded = at::cat({cut, cut.narrow(2, 6, 1)}, 2).contiguous();
  BOOST_TEST(at::allclose(network.denoise(cut, 0.3, at::kFloat),
                          network.denoise(padded, 0.3, at::kFloat).narrow(2, 0, 7), 1e-5, 1e-6));
  BOOST_TEST(shape_of(whole) == shape_of(x));
}

BOOST_AUTO_TEST_CASE(reduced_precision_is_near) {
  const ConsistencyNetwork network = shaken();
  const Tensor x = Rng(3).normal({2, 3, 16, 16}, {});
  const Tensor exact = network.denoise(x, 0.2, at::kFloat),
               rounded = network.denoise(x, 0.2, at::kBFloat16);
  BOOST_TEST(l2_norm(exact - rounded) < 0.01 * l2_norm(exact - x));
  BOOST_TEST(l2_norm(exact - rounded) > 0);
}

BOOST_AUTO_TEST_CASE(files_carry_everything) {
  const ConsistencyNetwork network = shaken();
  write_network(kPath, network, {{"seed", "3"}});
  const ConsistencyNetwork again = read_network(kPath);
  BOOST_TEST((again.config == network.config));
  BOOST_TEST((again.range == network.range));
  const Tensor x = Rng(4).normal({2, 3, 8, 8}, {});
  BOOST_TEST(at::equal(again.denoise(x, 0.5, at::kFloat), network.denoise(x, 0.5, at::kFloat)));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_told) {
  const ConsistencyNetwork network = shaken();
  BOOST_CHECK_THROW(network.denoise(at::zeros({2, 1, 8, 8}), 0.5, at::kFloat), ShapeError);
  BOOST_CHECK_THROW(network.denoise(at::zeros({2, 3, 8, 8}), 1.1, at::kFloat), NotSupportedError);
  write_safetensors(kPath, {.tensors = {{"a", at::zeros({1})}}});
  BOOST_CHECK_THROW(read_network(kPath), IoError);
  SafetensorsFile file{.metadata = {{"format", "lvtino-consistency-network/1"},
                                    {"network", to_text(network.config)},
                                    {"noise_range", R"({"low": 0.05, "high": 1})"}}};
  write_safetensors(kPath, file);
  BOOST_CHECK_THROW(read_network(kPath), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
