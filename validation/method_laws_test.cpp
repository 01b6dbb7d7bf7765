#include "validation/method_laws.hpp"

#include <boost/test/unit_test.hpp>

#include "law_data.hpp"
#include "lvtino/core/error.hpp"
#include "planted_data.hpp"

BOOST_AUTO_TEST_SUITE(method_laws)

using namespace lvtino;
using namespace lvtino::law_data;
using Kind = TotalVariation::Kind;

namespace {

constexpr double kGamma = 0.01;
const JointProxOptions kOptions{.tolerance = 1e-5, .max_iterations = 20000};
constexpr double kAdamTolerance = 1e-2;

std::vector<std::string> failures(const std::shared_ptr<const DataTerm>& data,
                                  const TotalVariation& tv) {
  std::vector<std::string> out;
  for (const LawReport& law :
       joint_method_laws(data, tv, kOptions, kAdamTolerance, centre(), kGamma, Rng(5)))
    if (!law.passed)
      out.push_back(text(law.subject, ": ", law.law, " ", law.residual, " of ", law.bound, ", ",
                         law.witness));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_method_reaches_the_certificate) {
  for (const auto& data :
       {data_of(decimation()), data_of(mask()), std::shared_ptr<const DataProx>()})
    for (const TotalVariation& tv : {TotalVariation(1, 1, 1), TotalVariation(0, 2, 0.5),
                                     TotalVariation(1, 0.5, 2, Kind::anisotropic)})
      for (const std::string& failure : failures(data, tv)) BOOST_ERROR(failure);
}

BOOST_AUTO_TEST_CASE(all_of_them_are_asked) {
  const auto laws = joint_method_laws(data_of(mask()), TotalVariation(1, 1, 1), kOptions,
                                      kAdamTolerance, centre(), kGamma, Rng(5));
  BOOST_TEST(laws.size() == 13u);
  BOOST_TEST(laws.front().subject == "joint prox of mask, chambolle_pock");
  BOOST_TEST(laws.back().subject == "joint prox of mask, adam");
  BOOST_TEST(laws.back().law == "Moreau identity");
  // Where nothing varies there is one way.
  BOOST_TEST(joint_method_laws(data_of(mask()), TotalVariation(0, 0, 0), kOptions, kAdamTolerance,
                               centre(), kGamma, Rng(5))
                 .size() == 1u);
}

BOOST_AUTO_TEST_CASE(wrong_data_steps_and_bounds_are_caught) {
  for (const AlteredData::Defect defect :
       {AlteredData::Defect{.prox_step = 1.05}, AlteredData::Defect{.promise = 1.01}}) {
    const auto found = failures(std::make_shared<AlteredData>(data_of(decimation()), defect),
                                TotalVariation(1, 1, 1));
    BOOST_TEST(found.size() >= 2u);
  }
}

BOOST_AUTO_TEST_CASE(moreau_identity_of_data_proxes) {
  for (const Placement& placement : {dense::kExact, Placement{}})
    for (const OperatorPtr& a : {decimation(placement), mask(placement)})
      for (const double gamma : {1e-5, 1e-3, 1e-1}) {
        const auto data = data_of(a);
        const LawReport law = moreau_identity(*data, *data, centre(placement), gamma);
        BOOST_TEST(law.passed, law.subject << ": " << law.residual << " of " << law.bound << ", "
                                           << law.witness);
      }
  const auto data = data_of(decimation());
  const auto holds = [&](const AlteredProx::Solve& solve) {
    return moreau_identity(*data, AlteredProx(solve), centre(), kGamma).passed;
  };
  const auto exact = [&](const Tensor& v, double gamma) { return data->solve(v, gamma).x; };
  BOOST_TEST(holds(exact));
  BOOST_TEST(!holds([&](const Tensor& v, double gamma) { return exact(v, gamma * 1.0001); }));
  BOOST_TEST(!holds([&](const Tensor& v, double gamma) { return exact(v, gamma).clamp(0, 1); }));
  BOOST_TEST(!holds([&](const Tensor& v, double) { return v; }));
}

BOOST_AUTO_TEST_CASE(solutions_that_are_not_are_caught) {
  const auto data = data_of(decimation());
  const JointProx prox(data, TotalVariation(1, 1, 1), kOptions);
  const Tensor u = centre();
  const JointSolution right = prox.solve_from(u, kGamma);
  JointProxOptions other = kOptions;
  other.method = JointMethod::fista;
  const JointSolution same = JointProx(data, TotalVariation(1, 1, 1), other).solve_from(u, kGamma);
  BOOST_TEST(agreement(right, same, "", u, kGamma).passed);
  BOOST_TEST(moreau_identity(prox, right, same, u, kGamma).passed);
  JointSolution off = right;
  off.summary.x = right.summary.x * 1.02;
  BOOST_TEST(!agreement(off, same, "", u, kGamma).passed);
  BOOST_TEST(!moreau_identity(prox, off, same, u, kGamma).passed);
  JointSolution slack = same;
  slack.dual = same.dual.clone();
  slack.dual.h.mul_(0.8);
  BOOST_TEST(!moreau_identity(prox, right, slack, u, kGamma).passed);
}

BOOST_AUTO_TEST_SUITE_END()
