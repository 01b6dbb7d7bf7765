#include "priors/nn/pyramid_network.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(pyramid_network)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

PyramidConfig small(bool temporal) {
  return {.temporal = temporal, .channels = 2, .widths = {4, 6}, .blocks = {1, 2}, .embedding = 8};
}

// Every parameter alive.
NamedTensors shaken(const PyramidConfig& config) {
  NamedTensors parameters;
  for (const auto& [name, shape] : pyramid_shapes(config))
    parameters[name] = Rng(7).fork(name).normal(shape, {at::kDouble}).mul(0.3);
  return parameters;
}

const Placement kDouble{at::kDouble};

}  // namespace

BOOST_AUTO_TEST_CASE(an_untrained_network_is_zero) {
  const PyramidConfig config = small(true);
  const NamedTensors parameters = pyramid_parameters(config, Rng(1));
  require_pyramid(config, parameters, "test");
  const Tensor y = pyramid(config, parameters, Rng(2).normal({3, 2, 8, 4}, {}), {-1});
  BOOST_TEST(y.abs().max().item<float>() == 0);
}

BOOST_AUTO_TEST_CASE(every_parameter_matters) {
  for (bool temporal : {true, false}) {
    const PyramidConfig config = small(temporal);
    const NamedTensors parameters = shaken(config);
    const Tensor x = Rng(3).normal({5, 2, 8, 12}, kDouble);
    const Tensor y = pyramid(config, parameters, x, {-1.3});
    BOOST_TEST(at::isfinite(y).all().item<bool>());
    for (const auto& [name, value] : parameters) {
      NamedTensors changed = parameters;
      changed[name] = value.add(0.5);
      BOOST_TEST_CONTEXT(name) BOOST_TEST(!at::equal(pyramid(config, changed, x, {-1.3}), y));
    }
    BOOST_TEST(!at::equal(pyramid(config, parameters, x, {-1.0}), y));
  }
}

BOOST_AUTO_TEST_CASE(images_see_no_other_frame) {
  const PyramidConfig config = small(false);
  const NamedTensors parameters = shaken(config);
  const Tensor x = Rng(4).normal({3, 2, 8, 8}, kDouble);
  const Tensor all = pyramid(config, parameters, x, {0}),
               one = pyramid(config, parameters, x.narrow(0, 1, 1), {0});
  BOOST_TEST(at::allclose(all.narrow(0, 1, 1), one, 1e-12, 1e-12));
}

BOOST_AUTO_TEST_CASE(clips_at_several_levels_are_each_its_own) {
  for (bool temporal : {true, false}) {
    const PyramidConfig config = small(temporal);
    const NamedTensors parameters = shaken(config);
    const Tensor x = Rng(4).normal({6, 2, 8, 8}, kDouble);
    const std::vector<double> levels = {-1.5, 0.5};
    const Tensor both = pyramid(config, parameters, x, levels);
    for (int clip = 0; clip < 2; ++clip) {
      const Tensor own =
          pyramid(config, parameters, x.narrow(0, 3 * clip, 3), {levels[std::size_t(clip)]});
      BOOST_TEST(at::allclose(both.narrow(0, 3 * clip, 3), own, 1e-9, 1e-9));
    }
    const std::vector<double> four(4, 0);
    BOOST_CHECK_THROW(pyramid(config, parameters, x, four), ShapeError);
  }
}

BOOST_AUTO_TEST_CASE(videos_reach_as_far_as_their_blocks) {
  const PyramidConfig config = small(true);  // four blocks: down.0, down.1 twice, up.0
  const NamedTensors parameters = shaken(config);
  const Tensor x = Rng(5).normal({11, 2, 8, 8}, kDouble);
  Tensor other = x.clone();
  other[0].add_(1);
  const Tensor change =
      (pyramid(config, parameters, x, {0}) - pyramid(config, parameters, other, {0}))
          .abs()
          .amax({1, 2, 3});
  BOOST_TEST(change[4].item<double>() > 0);
  BOOST_TEST(change.narrow(0, 5, 6).max().item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(gradients_against_differences) {
  const PyramidConfig config = small(true);
  NamedTensors parameters = shaken(config);
  const Tensor x = Rng(6).normal({3, 2, 4, 4}, kDouble),
               weight = Rng(8).normal({3, 2, 4, 4}, kDouble);
  const auto value = [&](const NamedTensors& p) {
    return (pyramid(config, p, x, {-0.7}) * weight).sum();
  };
  for (const std::string name :
       {"level.0.weight", "down.1.1.level.bias", "up.0.0.conv1.weight", "halve.0.bias"}) {
    NamedTensors moved = parameters;
    moved[name] = parameters[name].clone().set_requires_grad(true);
    value(moved).backward();
    const Tensor direction = Rng(9).normal(shape_of(parameters[name]), kDouble);
    const double slope = (moved[name].grad() * direction).sum().item<double>(), h = 1e-6;
    const auto at = [&](double step) {
      NamedTensors p = parameters;
      p[name] = parameters[name] + step * direction;
      return value(p).item<double>();
    };
    BOOST_TEST_CONTEXT(name)
    BOOST_TEST((at(h) - at(-h)) / (2 * h) == slope, boost::test_tools::tolerance(1e-5));
  }
}

BOOST_AUTO_TEST_CASE(the_configuration_survives_as_text) {
  const PyramidConfig config = small(false);
  BOOST_TEST((parse_pyramid_config(to_text(config), "test") == config));
  BOOST_CHECK_THROW(parse_pyramid_config(R"({"temporal": true})", "test"), SpecError);
}

BOOST_AUTO_TEST_CASE(wrong_tensors_are_all_listed) {
  const PyramidConfig config = small(true);
  NamedTensors parameters = pyramid_parameters(config, Rng(1));
  parameters.erase("input.weight");
  parameters["output.bias"] = at::zeros({3});
  parameters["surplus"] = at::zeros({1});
  try {
    require_pyramid(config, parameters, "weights");
    BOOST_ERROR("accepted");
  } catch (const ShapeError& failure) {
    const std::string said = failure.what();
    for (const char* word :
         {"weights", "missing input.weight", "output.bias: expected", "unexpected surplus"})
      BOOST_TEST(said.find(word) != std::string::npos, word);
  }
  BOOST_CHECK_THROW(
      pyramid(config, pyramid_parameters(config, Rng(1)), at::zeros({2, 2, 7, 8}), {0}),
      ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
