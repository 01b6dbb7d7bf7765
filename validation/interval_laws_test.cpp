#include "validation/interval_laws.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/jpeg_codec.hpp"

BOOST_AUTO_TEST_SUITE(interval_laws)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 3, 2, 16, 16};

std::shared_ptr<const IntervalProjector> sound(const std::string& sampling, const Placement& p) {
  auto transform = std::make_shared<JpegTransform>(
      kDomain, p, JpegLayout(16, 16, JpegColor::ycc, jpeg_factors(sampling)));
  const JpegCodec codec(transform, standard_steps(*transform, 10));
  return make_interval_projector(codec.intervals(codec.encode(Rng(1).uniform(kDomain, p))));
}

// Projectors that err in one way each.
class Planted final : public IntervalProjector {
 public:
  enum class Defect { short_step, clipping, bound_too_high };
  Planted(std::shared_ptr<const IntervalProjector> inner, Defect defect)
      : IntervalProjector(inner->intervals()), inner_(std::move(inner)), defect_(defect) {}
  bool exact() const override { return true; }

 private:
  Projection do_project(const Tensor& v) const override {
    Projection out = inner_->project(v);
    if (defect_ == Defect::short_step) out.summary.x = v + (out.summary.x - v) * 0.99;
    if (defect_ == Defect::bound_too_high) out.half_squared_distance *= 1.01;
    if (defect_ == Defect::clipping) {
      const auto& j = dynamic_cast<const JpegTransform&>(*intervals().op);
      const Tensor c = j.apply(v);
      out.summary.x = j.decode_add(v, at::minimum(at::maximum(c, intervals().lower), intervals().upper) - c);
    }
    return out;
  }

  std::shared_ptr<const IntervalProjector> inner_;
  Defect defect_;
};

std::vector<std::string> failing(std::shared_ptr<const IntervalProjector> projector, double sigma) {
  const auto term = std::make_shared<IntervalTerm>("jpeg", std::move(projector), sigma);
  const JointProx joint(term, TotalVariation(0.2, 0.2, 0.2), {.tolerance = 1e-3, .max_iterations = 2000});
  std::vector<std::string> out;
  for (const LawReport& law : lvtino::interval_laws(*term, joint, 0.05, Rng(2)))
    if (!law.passed) out.push_back(text(law.law, " ", law.residual, " of ", law.bound, ", ", law.witness));
  return out;
}

bool contains(const std::vector<std::string>& laws, const std::string& word) {
  return std::any_of(laws.begin(), laws.end(), [&](const std::string& law) { return law.find(word) == 0; });
}

}  // namespace

BOOST_AUTO_TEST_CASE(sound_terms_pass) {
  for (const Placement& p : {dense::kExact, Placement{}})
    for (const char* sampling : {"444", "420"})
      for (const double sigma : {0.0, 0.05}) {
          const auto laws = failing(sound(sampling, p), sigma);
          BOOST_TEST(laws.empty(), sampling << ", sigma " << sigma << ", " << to_string(p) << ": "
                                            << (laws.empty() ? "" : laws.front()));
      }
}

BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  const auto with = [](Planted::Defect defect) {
    return failing(std::make_shared<Planted>(sound("444", dense::kExact), defect), 0.05);
  };
  BOOST_TEST(contains(with(Planted::Defect::short_step), "feasible projection"));
  BOOST_TEST(contains(with(Planted::Defect::short_step), "idempotence"));
  BOOST_TEST(contains(with(Planted::Defect::clipping), "Moreau envelope"));
  BOOST_TEST(contains(with(Planted::Defect::bound_too_high), "Moreau envelope"));
}

BOOST_AUTO_TEST_SUITE_END()
