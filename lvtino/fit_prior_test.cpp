#include "lvtino/fit_prior.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

#include "priors/gaussian_model.hpp"
#include "priors/table.hpp"

BOOST_AUTO_TEST_SUITE(fit_prior)

using namespace lvtino;

// A clip drawn from the default prior is described by nearly that prior.
BOOST_AUTO_TEST_CASE(comes_back) {
  const auto prior = prior_table().make(SpecReader(Json{{"type", "gaussian_video"}}),
                                        Shape{1, 3, 16, 90, 160}, Placement{});
  const auto& model = dynamic_cast<const GaussianModel&>(prior->model());
  const Tensor clip = prior->autoencoder().decode(model.sample(Rng(1)));
  const Json fit = lvtino::fit_prior({clip});
  const Json& spectrum = fit["video"]["spectrum"];
  BOOST_TEST(std::abs(spectrum["exponent"].get<double>() - 4) < 0.3, fit.dump());
  BOOST_TEST(std::abs(spectrum["decay"].get<double>() - 2) < 0.3, fit.dump());
  BOOST_TEST(std::abs(std::log(spectrum["speed"].get<double>() / 0.25)) < 0.4, fit.dump());
  BOOST_TEST(fit["quality"]["video_log_error"].get<double>() < 0.3, fit.dump());
}

BOOST_AUTO_TEST_CASE(specs_are_ready_to_use) {
  const Tensor clip = Rng(2).uniform({1, 3, 8, 32, 48}, {});
  const Json fit = lvtino::fit_prior({clip});
  for (const char* which : {"video", "image"}) {
    const SpecReader reader(fit[which]);
    BOOST_CHECK_NO_THROW(prior_table().make(reader, shape_of(clip), Placement{}));
    BOOST_CHECK_NO_THROW(reader.finish());
    BOOST_TEST(std::abs(fit[which]["mean"].get<double>() - 0.5) < 0.01);
  }
}

BOOST_AUTO_TEST_CASE(heavy_tailed_specs_are_ready_to_use) {
  const Tensor clip = Rng(2).uniform({1, 3, 8, 32, 48}, {});
  const Json fit = lvtino::fit_prior({clip})["heavy_tailed"];
  for (const char* which : {"video", "image"}) {
    const SpecReader reader(fit[which]);
    BOOST_CHECK_NO_THROW(prior_table().make(reader, shape_of(clip), Placement{}));
    BOOST_CHECK_NO_THROW(reader.finish());
    // Independent channels of one variance each, and coefficients that are nearly normal
    // (the coarse bands hold a dozen coefficients each).
    BOOST_TEST(std::abs(fit[which]["chroma"].get<double>() - 1) < 0.15);
    BOOST_TEST(fit[which]["shape"].get<double>() > 1.8);
    const Json& finest = fit[which]["bands"].back();
    BOOST_TEST(std::abs(finest["deviation"].get<double>() - std::sqrt(1.0 / 12)) < 0.1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
