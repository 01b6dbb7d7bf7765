#include "priors/network_model.hpp"

#include <c10/core/InferenceMode.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "priors/table.hpp"

BOOST_AUTO_TEST_SUITE(network_model)

using namespace lvtino;

namespace {

const std::string kPath =
    (std::filesystem::temp_directory_path() / "lvtino_network_model_test.safetensors").string();

nn::ConsistencyNetwork shaken(bool temporal) {
  nn::ConsistencyNetwork network{
      .config = {.temporal = temporal, .widths = {4, 6}, .blocks = {1, 1}, .embedding = 8},
      .range = {0.05, 1}};
  for (const auto& [name, shape] : nn::pyramid_shapes(network.config))
    network.parameters[name] =
        Rng(7).fork(name).normal(shape, {}).mul(0.2).to(at::kBFloat16).to(at::kFloat);
  return network;
}

Json spec(const std::string& type) {
  return {{"type", type}, {"weights", kPath}, {"precision", "float32"}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_the_network_in_the_schedules_units) {
  const auto network = shaken(true);
  const NetworkModel model({2, 3, 4, 8, 12}, {}, rectified_flow(false), network, at::kFloat);
  const Tensor z_t = Rng(1).normal({2, 3, 4, 8, 12}, {});
  const Tensor out = model.origin(z_t, 250);  // signal .75, noise .25
  for (int n = 0; n < 2; ++n) {
    const Tensor frames = (z_t[n] / 0.75).permute({1, 0, 2, 3});
    const Tensor expected = network.denoise(frames, 1.0 / 3, at::kFloat).permute({1, 0, 2, 3});
    BOOST_TEST(at::allclose(out[n], expected, 1e-4, 1e-5));
  }
  BOOST_CHECK_THROW(model.origin(z_t, 900), NotSupportedError);   // noise / signal = 9
  BOOST_CHECK_THROW(model.origin(z_t, 1000), NotSupportedError);  // no signal
  BOOST_CHECK_THROW(NetworkModel({1, 1, 4, 8, 8}, {}, rectified_flow(false), network, at::kFloat),
                    ShapeError);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit) {
  const Tensor z_t = Rng(2).normal({1, 3, 5, 48, 64}, {});
  const int threads = thread_count();
  for (const at::ScalarType compute : {at::kFloat, nn::fastest_compute_type(at::kCPU)}) {
    const NetworkModel model(shape_of(z_t), {}, rectified_flow(false), shaken(true), compute);
    set_thread_count(1);
    const Tensor one = model.origin(z_t, 300);
    set_thread_count(2);
    BOOST_TEST(at::equal(model.origin(z_t, 300), one));
  }
  set_thread_count(threads);
}

// Against central differences, in float64; in inference mode too, where programs run.
BOOST_AUTO_TEST_CASE(the_pullback_is_the_adjoint_of_the_derivative) {
  const Shape shape = {2, 3, 3, 4, 8};
  const Placement exact{at::kDouble, at::kCPU};
  for (const bool inference : {false, true}) {
    const c10::InferenceMode mode(inference);
    const NetworkModel model(shape, exact, rectified_flow(false), shaken(true), at::kDouble);
    const Tensor z = Rng(1).normal(shape, exact), v = Rng(2).normal(shape, exact), w = Rng(3).normal(shape, exact);
    const Linearised at_z = model.linearised(z, 250);
    BOOST_TEST(at::allclose(at_z.value, model.origin(z, 250), 1e-12, 1e-12));
    const double h = 1e-5;
    const Tensor slope = at::sub(model.origin(at::add(z, v, h), 250), model.origin(at::add(z, v, -h), 250)).div(2 * h);
    const double expected = inner_product(slope.contiguous(), w);
    for (int again = 0; again < 2; ++again)
      BOOST_TEST(std::abs(inner_product(v, at_z.pullback(w)) - expected) < 1e-7 * l2_norm(v) * l2_norm(w));
    BOOST_TEST(std::abs(expected) > 1e-4 * l2_norm(v) * l2_norm(w));
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit_of_the_pullback) {
  const Tensor z_t = Rng(2).normal({1, 3, 5, 48, 64}, {}), w = Rng(3).normal({1, 3, 5, 48, 64}, {});
  const int threads = thread_count();
  for (const at::ScalarType compute : {at::kFloat, nn::fastest_compute_type(at::kCPU)}) {
    const NetworkModel model(shape_of(z_t), {}, rectified_flow(false), shaken(true), compute);
    set_thread_count(1);
    const Tensor one = model.linearised(z_t, 300).pullback(w);
    for (int n : {2, 3}) {
      set_thread_count(n);
      BOOST_TEST(at::equal(model.linearised(z_t, 300).pullback(w), one), compute << " on " << n << " threads");
    }
  }
  set_thread_count(threads);
}

BOOST_AUTO_TEST_CASE(specs_name_a_file_and_its_digest) {
  nn::write_network(kPath, shaken(true), {});
  const SpecReader reader(spec("tiny_video"));
  const auto prior = prior_table().make(reader, Shape{1, 3, 4, 8, 8}, Placement{});
  const Json resolved = reader.resolved();
  BOOST_TEST(resolved["sha256"].get<std::string>().size() == 64U);
  // What was resolved makes the same prior; another digest is refused.
  const auto again = prior_table().make(SpecReader(resolved), Shape{1, 3, 4, 8, 8}, Placement{});
  const Tensor x = Rng(3).uniform({1, 3, 4, 8, 8}, {});
  BOOST_TEST(at::equal(stochastic_autoencode(*prior, x, 300, Rng(4)),
                       stochastic_autoencode(*again, x, 300, Rng(4))));
  Json other = resolved;
  other["sha256"] = std::string(64, '0');
  BOOST_CHECK_THROW(prior_table().make(SpecReader(other), Shape{1, 3, 4, 8, 8}, Placement{}),
                    SpecError);
}

BOOST_AUTO_TEST_CASE(wrong_weights_are_told) {
  nn::write_network(kPath, shaken(true), {});
  BOOST_CHECK_THROW(
      prior_table().make(SpecReader(spec("tiny_image")), Shape{1, 3, 4, 8, 8}, Placement{}),
      SpecError);
  Json missing = spec("tiny_video");
  missing["weights"] = kPath + ".not_there";
  BOOST_CHECK_THROW(prior_table().make(SpecReader(missing), Shape{1, 3, 4, 8, 8}, Placement{}),
                    IoError);
  BOOST_CHECK_THROW(shipped_weights("no such file"), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
