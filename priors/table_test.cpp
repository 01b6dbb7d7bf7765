#include "priors/table.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "priors/gaussian_model.hpp"

BOOST_AUTO_TEST_SUITE(table)

using namespace lvtino;

namespace {

std::shared_ptr<const Prior> made(const SpecReader& reader, const Shape& pixels = {1, 3, 5, 16, 16},
                                  const Placement& placement = {}) {
  auto prior = prior_table().make(reader, pixels, placement);
  reader.finish();
  return prior;
}

const GaussianModel& gaussian(const Prior& prior) {
  return dynamic_cast<const GaussianModel&>(prior.model());
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_example_works) {
  for (const auto& entry : prior_table().entries()) {
    const SpecReader reader(parse_json(entry.example, entry.name));
    const auto prior = made(reader);
    BOOST_TEST(prior->name() == entry.name);
    const Tensor x = Rng(1).uniform(prior->pixels(), {});
    const double t = std::min(375.0, prior->schedule().t_max());
    BOOST_TEST(count_non_finite(stochastic_autoencode(*prior, x, t, Rng(2))) == 0);
    // What the reader understood builds the same prior.
    const auto again = made(SpecReader(reader.resolved()));
    BOOST_TEST(at::equal(stochastic_autoencode(*again, x, t, Rng(2)),
                         stochastic_autoencode(*prior, x, t, Rng(2))));
  }
  for (const auto& entry : autoencoder_table().entries()) {
    const SpecReader reader(parse_json(entry.example, entry.name));
    BOOST_CHECK_NO_THROW(autoencoder_table().make(reader));
    BOOST_CHECK_NO_THROW(reader.finish());
  }
  for (const auto& entry : schedule_table().entries()) {
    const SpecReader reader(parse_json(entry.example, entry.name));
    BOOST_TEST(schedule_table().make(reader)->name() == entry.name);
    BOOST_CHECK_NO_THROW(reader.finish());
  }
}

BOOST_AUTO_TEST_CASE(defaults) {
  const auto video = made(SpecReader(Json{{"type", "gaussian_video"}}));
  BOOST_TEST(video->schedule().name() == "rectified_flow");
  BOOST_TEST(gaussian(*video).joins_frames());
  BOOST_TEST(std::abs(gaussian(*video).law().mean[0] - (2 * 0.43 - 1)) < 1e-15);
  const auto image = made(SpecReader(Json{{"type", "gaussian_image"}}));
  BOOST_TEST(image->schedule().name() == "vp_scaled_linear");
  BOOST_TEST(!gaussian(*image).joins_frames());
}

BOOST_AUTO_TEST_CASE(block_latents_keep_the_variance_of_a_pixel) {
  for (const char* coder : {"identity", "block_dct", "space_to_depth"}) {
    Json spec = {{"type", "gaussian_video"}, {"autoencoder", {{"type", coder}}}};
    if (std::string(coder) != "identity") spec["autoencoder"]["block"] = 4;
    const auto prior = made(SpecReader(spec), {1, 3, 4, 8, 16});
    const double mean = gaussian(*prior).law().variance.mean().item<double>();
    const Json plain = {{"type", "gaussian_video"}};
    const auto reference = made(SpecReader(plain), {1, 3, 4, 8, 16});
    BOOST_TEST(mean == gaussian(*reference).law().variance.mean().item<double>(),
               boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(flat_prior_without_noise_gives_the_video_back) {
  const auto prior =
      made(SpecReader(Json{{"type", "flat"}}), {1, 1, 2, 3, 4}, {at::kDouble, at::kCPU});
  const Tensor x = Rng(1).uniform(prior->pixels(), {at::kDouble, at::kCPU});
  const Tensor back = stochastic_autoencode(*prior, x, 757, Rng(2), 0);
  BOOST_TEST(at::max(at::abs(back - x)).item<double>() < 1e-14);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto pointer_of = [](const Json& spec) {
    try {
      made(SpecReader(spec));
    } catch (const SpecError& failure) {
      return failure.pointer();
    }
    return std::string("none");
  };
  BOOST_TEST(pointer_of({{"type", "gaussian"}}) == "/type");
  BOOST_TEST(pointer_of({{"type", "gaussian_video"}, {"meam", 1}}) == "/meam");
  BOOST_TEST(pointer_of({{"type", "gaussian_image"}, {"spectrum", {{"speed", 1}}}}) ==
             "/spectrum/speed");
  BOOST_TEST(pointer_of({{"type", "gaussian_video"},
                         {"schedule", {{"type", "vp_scaled_linear"}, {"beta_last", 1e-9}}}}) ==
             "/schedule/beta_last");
  BOOST_TEST(pointer_of({{"type", "gaussian_video"},
                         {"autoencoder", {{"type", "block_dct"}, {"block", 3}}}}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
