#include "validation/prior_laws.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/table.hpp"

BOOST_AUTO_TEST_SUITE(prior_laws)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};
const Shape kLatent = {16384, 1, 2, 2, 3};

GaussianLaw small_law() {
  return {{0.4}, Rng(1).uniform({1, 2, 2, 3}, kExact).mul_(0.5).add_(0.02)};
}

/// The right map of `law`, or one with a planted defect.
class Planted final : public ConsistencyModel {
 public:
  enum class Defect { none, no_root, wrong_noise, no_mean, identity };
  Planted(Defect defect, const Shape& domain, std::shared_ptr<const NoiseSchedule> schedule)
      : ConsistencyModel(domain, kExact, schedule),
        defect_(defect),
        exact_(domain, kExact, schedule, small_law()) {}

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override {
    if (defect_ == Defect::identity) return z_t.clone();
    const double s = schedule().signal(t);
    const double n = schedule().noise(t) * (defect_ == Defect::wrong_noise ? 1.2 : 1);
    if (n == 0) return z_t.clone();
    const Tensor m = exact_.mean() * (defect_ == Defect::no_mean ? 0 : 1);
    const Tensor& c = exact_.law().variance;
    const Tensor ratio = c / (s * s * c + n * n);
    const Tensor gain = defect_ == Defect::no_root ? ratio : at::sqrt(ratio);
    return m + exact_.from_spectrum(gain * exact_.spectrum((z_t - s * m).contiguous()));
  }
  Defect defect_;
  GaussianModel exact_;
};

using Defect = Planted::Defect;
const std::vector<Defect> kDefects = {Defect::no_root, Defect::wrong_noise, Defect::no_mean,
                                      Defect::identity};

Prior planted_prior(Defect defect) {
  return Prior("planted", kLatent, identity_autoencoder(),
               std::make_shared<Planted>(defect, kLatent, rectified_flow()));
}

/// An autoencoder that is wrong on request: a decoder or a basis of the wrong scale.
class CrookedCoder final : public Autoencoder {
 public:
  double scale() const override { return 1; }
  Shape latent_shape(const Shape& pixels) const override { return pixels; }
  Shape pixel_shape(const Shape& latent) const override { return latent; }

 private:
  Tensor do_encode(const Tensor& x) const override { return x * x; }
  Tensor do_decode(const Tensor& z) const override { return at::sqrt(z) * (1 + 1e-9); }
};

void check(const LawReport& law, bool passes) {
  BOOST_TEST(law.passed == passes, law.subject << ": " << law.law << ": residual " << law.residual
                                               << ", bound " << law.bound << " (" << law.witness
                                               << ")");
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_prior_of_the_table) {
  for (const auto& entry : prior_table().entries()) {
    const auto prior = prior_table().make(SpecReader(parse_json(entry.example, entry.name)),
                                          Shape{1, 3, 5, 16, 32}, kExact);
    for (const LawReport& law : lvtino::prior_laws(*prior, Rng(2))) check(law, true);
  }
}

BOOST_AUTO_TEST_CASE(block_latents_and_float32) {
  for (const char* coder : {"block_dct", "space_to_depth"}) {
    const Json spec = {{"type", "gaussian_video"},
                       {"autoencoder", {{"type", coder}, {"block", 4}}},
                       {"schedule", {{"type", "rectified_flow"}, {"snap", false}}}};
    for (const auto dtype : {at::kDouble, at::kFloat}) {
      const auto prior =
          prior_table().make(SpecReader(spec), Shape{1, 3, 5, 8, 12}, Placement{dtype, at::kCPU});
      const auto laws = lvtino::prior_laws(*prior, Rng(2));
      BOOST_TEST(laws.size() == 5u);
      for (const LawReport& law : laws) check(law, true);
    }
  }
}

BOOST_AUTO_TEST_CASE(trajectories) {
  const Shape latent = {2, 1, 2, 2, 3};
  for (const auto& schedule : {rectified_flow(), rectified_flow(false), vp_scaled_linear()})
    for (const auto& [s, t] : {std::pair{125.0, 757.0}, {249.0, 374.0}, {20.0, 900.0}}) {
      const auto residual = [&](Defect defect) {
        return consistency_along_flow("planted", Planted(defect, latent, schedule), small_law(), s,
                                      t, Rng(3));
      };
      check(residual(Defect::none), true);
      for (const Defect defect : kDefects) check(residual(defect), false);
    }
}

BOOST_AUTO_TEST_CASE(origin) {
  const Shape latent = {2, 1, 2, 2, 3};
  const Tensor z_0 = Rng(4).normal(latent, kExact);
  check(consistency_at_origin("right", Planted(Defect::none, latent, rectified_flow(false)), z_0),
        true);
  check(consistency_at_origin("right", Planted(Defect::none, latent, rectified_flow()), z_0), true);
  // A grid that starts with half noise: the identity is then far off.
  const auto coarse = rectified_flow(true, 8, 8);
  const Tensor sample = GaussianModel(latent, kExact, coarse, small_law()).sample(Rng(5));
  check(consistency_at_origin("right", Planted(Defect::none, latent, coarse), sample), true);
  const Tensor large = at::mul(sample, 100);
  check(consistency_at_origin("wrong", Planted(Defect::identity, latent, coarse), large), false);
}

BOOST_AUTO_TEST_CASE(invariance) {
  for (const double t : {125.0, 522.0, 757.0})
    check(sae_invariance(planted_prior(Defect::none), small_law(), t, Rng(6)), true);
  for (const Defect defect : kDefects)
    check(sae_invariance(planted_prior(defect), small_law(), 522, Rng(6)), false);
}

BOOST_AUTO_TEST_CASE(invariance_of_images_and_blocks) {
  const Shape pixels = {16384, 1, 2, 4, 4};
  const auto coder = block_dct(4);
  const GaussianLaw law = {{0.4}, Rng(7).uniform({16, 1, 1, 1}, kExact).add_(0.1)};
  const Prior prior("blocks", pixels, coder,
                    std::make_shared<GaussianModel>(coder->latent_shape(pixels), kExact,
                                                    vp_scaled_linear(), law));
  check(sae_invariance(prior, law, 374, Rng(8)), true);
}

BOOST_AUTO_TEST_CASE(autoencoders) {
  const Shape pixels = {1, 2, 2, 8, 8};
  check(autoencoder_round_trip("dct", *block_dct(4), pixels, kExact, Rng(9)), true);
  check(autoencoder_isometry("dct", *block_dct(4), 2, pixels, kExact, Rng(9)), true);
  check(autoencoder_isometry("dct", *block_dct(4), 1.999, pixels, kExact, Rng(9)), false);
  check(autoencoder_round_trip("crooked", CrookedCoder(), pixels, kExact, Rng(9)), false);
  check(autoencoder_isometry("crooked", CrookedCoder(), 1, pixels, kExact, Rng(9)), false);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Planted model(Defect::none, {1, 1, 2, 2, 3}, rectified_flow(false));
  BOOST_CHECK_THROW(consistency_along_flow("x", model, small_law(), 0, 500, Rng(1)),
                    NotSupportedError);
  GaussianLaw law = small_law();
  law.variance = law.variance * 0;
  BOOST_CHECK_THROW(sae_invariance(planted_prior(Defect::none), law, 500, Rng(1)),
                    NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
