#include "lvtino/device/joint_on_device.hpp"

#include <boost/test/unit_test.hpp>
#include <device_emulator.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/device/comparison.hpp"
#include "lvtino/device/separable.hpp"
#include "lvtino/device/spec_laws.hpp"
#include "lvtino/device/tv_steps.hpp"
#include "operators/axis_maps.hpp"
#include "operators/mask_operator.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"

BOOST_AUTO_TEST_SUITE(joint_on_device)

using namespace lvtino;
using namespace lvtino::device;
using Kind = TotalVariation::Kind;
using Why = SolveSummary::Why;

namespace {

const Shape kClip = {1, 3, 9, 24, 40};

std::shared_ptr<const SeparableOperator> decimation(const Shape& d, at::ScalarType dtype,
                                                    AxisMap time, std::int64_t factor) {
  return std::make_shared<SeparableOperator>(
      "decimation", d, Placement{dtype, at::kCPU}, std::move(time),
      decimate(d[3], factor, Filter::bicubic, Boundary::reflect),
      decimate(d[4], factor, Filter::bicubic, Boundary::reflect));
}

/// Problems A, B and C of the paper.
std::vector<std::shared_ptr<const SeparableOperator>> problems(const Shape& d,
                                                               at::ScalarType dtype) {
  const std::vector<double> taps(7, 1.0 / 7);
  return {decimation(d, dtype, average(d[2], 4, Tail::replicate), 4),
          decimation(d, dtype, blur(d[2], taps, Boundary::circular), 8),
          decimation(d, dtype, average(d[2], 8, Tail::replicate), 8)};
}

std::shared_ptr<const DataProx> data_of(const OperatorPtr& a) {
  return std::make_shared<DataProx>(
      simulate(a, Rng(1).uniform(a->domain(), a->placement()), 0.01, Rng(2)));
}

Tensor argument(const Shape& d, at::ScalarType dtype) {
  return Rng(3).uniform(d, {dtype, at::kCPU});
}

JointProx prox_on(std::shared_ptr<const JointDevice> device, std::shared_ptr<const DataTerm> data,
                  const TotalVariation& tv, JointProxOptions options = {}) {
  options.device = std::move(device);
  return JointProx(std::move(data), tv, options);
}

/// Same certificates at the same iterations, and the same x and field, in float64.
bool agree(const JointSolution& a, const JointSolution& b) {
  constexpr double kBound = 1e-10;
  const auto near = [&](double p, double q) {
    return std::abs(p - q) <= kBound * std::max(1.0, std::abs(q));
  };
  const auto equal = [&](const Tensor& p, const Tensor& q) {
    if (!p.defined() || !q.defined()) return p.defined() == q.defined();
    return near((p - q).abs().max().item<double>(), 0);
  };
  if (a.summary.iterations != b.summary.iterations || a.summary.why != b.summary.why) return false;
  if (a.curve.size() != b.curve.size() || a.summary.message != b.summary.message) return false;
  for (std::size_t k = 0; k < a.curve.size(); ++k)
    if (!near(a.curve[k].primal, b.curve[k].primal) || !near(a.curve[k].lower, b.curve[k].lower) ||
        !near(a.curve[k].gap(), b.curve[k].gap()))
      return false;
  return equal(a.summary.x, b.summary.x) && equal(a.dual.h, b.dual.h) &&
         equal(a.dual.v, b.dual.v) && equal(a.dual.t, b.dual.t) && near(a.primal, b.primal) &&
         near(a.lower, b.lower);
}

/// A device whose solutions something is wrong with.
class Defective final : public JointDevice {
 public:
  enum class Defect { none, rho_forgotten, wrong_iterate, one_iteration_less };
  explicit Defective(Defect defect) : defect_(defect) {}

  std::string refusal(const LinearOperator* a, const JointProxOptions& o) const override {
    return right_.refusal(a, o);
  }
  std::int64_t bytes(const Shape& domain, const Placement& placement, const TotalVariation& tv,
                     const LinearOperator* a) const override {
    return right_.bytes(domain, placement, tv, a);
  }
  JointSolution solve(const JointProblem& p, const JointProxOptions& given,
                      TvDual&& start) const override {
    JointProxOptions options = given;
    if (defect_ == Defect::rho_forgotten) options.relaxation = 1;
    if (defect_ == Defect::one_iteration_less) options.max_iterations -= 1;
    JointSolution out = right_.solve(p, options, std::move(start));
    if (defect_ == Defect::one_iteration_less)
      out.summary.iterations += 1, out.curve.back().iteration += 1;
    if (defect_ == Defect::wrong_iterate)  // the certificate is not that of x
      out.curve.back().primal = out.primal = p.tv.value(p.u) + (p.data ? p.data->value(p.u) : 0);
    return out;
  }

 private:
  Defect defect_;
  JointOnDevice right_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_cpu_on_the_problems_of_the_paper) {
  for (const Shape& shape : {kClip, Shape{2, 2, 9, 16, 27}, Shape{1, 1, 1, 24, 31}})
    for (const TotalVariation& tv : {TotalVariation(1, 1, 1), TotalVariation(0, 2, 0.5),
                                     TotalVariation(1, 0, 3, Kind::anisotropic)}) {
      std::vector<std::shared_ptr<const DataProx>> terms{nullptr};
      for (const auto& a : problems(shape, at::kDouble)) terms.push_back(data_of(a));
      const Tensor u = argument(shape, at::kDouble), next = u * 0.9 + 0.05;
      for (const auto& data : terms) {
        const JointProx host(data, tv, {.tolerance = 1e-3, .max_iterations = 60});
        const JointSolution first = host.solve_from(u, 0.05),
                            warm = host.solve_from(next, 0.04, first.dual.clone());
        for (const Sweep sweep : {Sweep::two_passes, Sweep::one_pass}) {
          const JointProx there =
              prox_on(std::make_shared<JointOnDevice>(sweep), data, tv, host.options());
          BOOST_TEST(there.refusal() == "");
          BOOST_TEST(agree(there.solve_from(u, 0.05), first));
          BOOST_TEST(agree(there.solve_from(next, 0.04, first.dual.clone()), warm));
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  using Defect = Defective::Defect;
  const auto data = data_of(problems(kClip, at::kDouble)[0]);
  const TotalVariation tv(1, 1, 1);
  const Tensor u = argument(kClip, at::kDouble);
  const JointProxOptions options{.tolerance = 1e-9, .max_iterations = 11, .check_every = 5};
  const JointSolution host = JointProx(data, tv, options).solve_from(u, 0.05);
  const auto passes = [&](Defect defect) {
    return agree(
        prox_on(std::make_shared<Defective>(defect), data, tv, options).solve_from(u, 0.05), host);
  };
  BOOST_TEST(passes(Defect::none));
  BOOST_TEST(!passes(Defect::rho_forgotten));
  BOOST_TEST(!passes(Defect::wrong_iterate));
  BOOST_TEST(!passes(Defect::one_iteration_less));
}

BOOST_AUTO_TEST_CASE(a_state_in_the_place_of_x_is_caught) {
  const Stream stream;
  const TvShape grid{2, 3, 7, 12};
  const TvWeights weights{1, 0.5, 2, true};
  const Shape shape{1, 2, 3, 7, 12};
  const auto field_agrees = [&](bool swapped) {
    const Tensor x = argument(shape, at::kDouble), state = x * 0.5;
    const TvDual q = TvDual::zeros(TotalVariation(1, 0.5, 2), x);
    const Buffer<double> on_x = on_device<double>(stream, x),
                         on_state = on_device<double>(stream, state),
                         h = on_device<double>(stream, q.h), v = on_device<double>(stream, q.v),
                         t = on_device<double>(stream, q.t);
    device::tv_dual_step<double>(stream, grid, weights, (swapped ? on_state : on_x).data(),
                                 (swapped ? on_x : on_state).data(), 1, 0.1, 1.8,
                                 {h.data(), v.data(), t.data()});
    Tensor next = x.clone(), next_state = state.clone();
    kernels::tv_primal_dual_step<double>(
        grid, weights, next.mutable_data_ptr<double>(), next_state.mutable_data_ptr<double>(), 1,
        0.1, 1.8, x.const_data_ptr<double>(), 1, 0, 0.1, tv_fields<double>(q));
    Comparison comparison("field", at::kDouble);
    comparison.add(on_host(stream, h, shape), q.h, "");
    return comparison.report().passed;
  };
  BOOST_TEST(field_agrees(false));
  BOOST_TEST(!field_agrees(true));
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_every_run) {
  const auto data = data_of(problems(kClip, at::kFloat)[1]);
  const JointProx prox = prox_on(std::make_shared<JointOnDevice>(), data, TotalVariation(1, 1, 1),
                                 {.max_iterations = 12});
  const Tensor u = argument(kClip, at::kFloat);
  const JointSolution a = prox.solve_from(u, 0.05), b = prox.solve_from(u, 0.05);
  BOOST_TEST(at::equal(a.summary.x, b.summary.x));
  BOOST_TEST(a.lower == b.lower);
}

BOOST_AUTO_TEST_CASE(says_what_it_does_not_take) {
  const JointOnDevice device;
  const auto a = problems(kClip, at::kFloat)[0];
  BOOST_TEST(device.refusal(nullptr, {}) == "");
  BOOST_TEST(device.refusal(a.get(), {}) == "");
  JointProxOptions options;
  options.method = JointMethod::fista;
  BOOST_TEST(device.refusal(a.get(), options).find("got fista") != std::string::npos);
  BOOST_TEST(device.refusal(a.get(), {.rule = StepRule::accelerated}).find("accelerated") !=
             std::string::npos);
  BOOST_TEST(device.refusal(a.get(), {.box = Box{0, 1}}).find("box") != std::string::npos);
  options = {};
  options.by_slice = true;
  BOOST_TEST(device.refusal(a.get(), options).find("memory_budget") != std::string::npos);
  const Placement placement{at::kFloat, at::kCPU};
  const MaskOperator mask(kClip, placement, random_mask(kClip, placement, 0.6, true, Rng(3)));
  BOOST_TEST(device.refusal(&mask, {}).find("separable") != std::string::npos);
  const SeparableOperator more("more", {1, 1, 1, 2, 2}, placement, AxisMap::identity(1),
                               AxisMap(2, {{{0, 1}}, {{1, 1}}, {{1, 1}}}), AxisMap::identity(2));
  BOOST_TEST(device.refusal(&more, {}).find("6 of 4") != std::string::npos);
  const SeparableOperator wide("wide", {1, 1, 1, 1, 8000}, placement, AxisMap::identity(1),
                               AxisMap::identity(1), average(8000, 4, Tail::drop));
  BOOST_TEST(device.refusal(&wide, {}).find("8000") != std::string::npos);
}

// What is refused has the bits of the CPU.
BOOST_AUTO_TEST_CASE(the_cpu_computes_what_is_refused) {
  const auto data = data_of(problems(kClip, at::kFloat)[0]);
  const TotalVariation tv(1, 1, 1);
  const JointProxOptions options{.max_iterations = 9, .rule = StepRule::accelerated};
  const JointProx refused = prox_on(std::make_shared<JointOnDevice>(), data, tv, options);
  BOOST_TEST(refused.refusal() != "");
  const Tensor u = argument(kClip, at::kFloat);
  BOOST_TEST(at::equal(refused.solve_from(u, 0.05).summary.x,
                       JointProx(data, tv, options).solve_from(u, 0.05).summary.x));
}

// What --check prints of a spec that names the device.
BOOST_AUTO_TEST_CASE(the_laws_of_a_spec_have_rows_of_its_joint_prox) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const auto a = problems(kClip, dtype)[2];
    const auto data = data_of(a);
    const auto rows_of = [&](std::shared_ptr<const JointDevice> device, const TotalVariation& tv) {
      int rows = 0;
      for (const LawReport& law :
           spec_laws(*a, data, prox_on(std::move(device), data, tv), 0.05, Rng(5))) {
        BOOST_TEST(law.passed, law.subject << ": " << law.residual);
        rows += law.subject.find("joint prox") == 0;
      }
      return rows;
    };
    const auto device = std::make_shared<JointOnDevice>();
    BOOST_TEST(rows_of(device, TotalVariation(1, 1, 1)) == 2);
    BOOST_TEST(rows_of(device, TotalVariation(0, 0, 0)) == 0);
    BOOST_TEST(rows_of(nullptr, TotalVariation(1, 1, 1)) == 0);
  }
}

BOOST_AUTO_TEST_CASE(an_argument_that_is_not_finite_breaks_down) {
  Tensor u = argument(kClip, at::kFloat);
  u.view({-1})[7].fill_(NAN);
  const JointProx prox =
      prox_on(std::make_shared<JointOnDevice>(), nullptr, TotalVariation(1, 1, 1));
  BOOST_TEST(int(prox.solve_from(u, 0.05).summary.why) == int(Why::breakdown));
}

BOOST_AUTO_TEST_CASE(the_dual_field_stays_where_nobody_asks_for_it) {
  const JointProx prox =
      prox_on(std::make_shared<JointOnDevice>(), nullptr, TotalVariation(1, 0, 1),
              {.max_iterations = 5, .keep_dual = false});
  const JointSolution found = prox.solve_from(argument(kClip, at::kFloat), 0.05);
  BOOST_TEST(!found.dual.h.defined());
  BOOST_TEST(found.summary.x.defined());
}

// The plan holds what is taken, rounding up tables alone, and all of it is let go of.
BOOST_AUTO_TEST_CASE(takes_the_memory_that_is_planned) {
  const Shape shape{1, 3, 9, 48, 80};
  for (const auto& [dtype, sweep] :
       {std::pair{at::kFloat, Sweep::two_passes}, std::pair{at::kDouble, Sweep::one_pass}})
    for (const TotalVariation& tv : {TotalVariation(1, 1, 1), TotalVariation(0, 0, 1)}) {
      std::vector<std::shared_ptr<const SeparableOperator>> operators = problems(shape, dtype);
      operators.push_back(nullptr);
      for (const auto& a : operators) {
        const auto device = std::make_shared<JointOnDevice>(sweep);
        const std::int64_t held = emulator::held_bytes;
        emulator::peak_bytes = held;
        const JointProx prox = prox_on(device, a ? data_of(a) : nullptr, tv, {.max_iterations = 5});
        prox.solve_from(argument(shape, dtype), 0.05);
        const double counted = double(emulator::peak_bytes - held),
                     planned = double(device->bytes(shape, {dtype, at::kCPU}, tv, a.get()));
        BOOST_TEST(counted <= planned);
        BOOST_TEST(planned <= 1.05 * counted);
        BOOST_TEST(emulator::held_bytes == held);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_data_prox_in_slices_takes_the_memory_that_is_planned) {
  const Stream stream;
  for (const auto& a : problems({2, 2, 9, 48, 80}, at::kFloat)) {
    const std::int64_t held = emulator::held_bytes;
    const DataProxOnDevice<float> prox(stream, data_of(a)->measurement(), 1);
    const Buffer<float> x = on_device<float>(stream, argument(a->domain(), at::kFloat));
    const Buffer<double> partial(1024), sum(1);
    prox.solve_in_place(stream, x.data(), 0.1);
    const std::int64_t after_prox = emulator::held_bytes;
    prox.envelope(stream, x.data(), 0.1, partial.data(), sum.data());
    prox.squared_residual(stream, x.data(), partial.data(), sum.data());
    BOOST_TEST(emulator::held_bytes == after_prox);  // what is recorded keeps its memory
    const double counted = double(after_prox - held - x.bytes() - partial.bytes() - sum.bytes()),
                 planned = double(DataProxOnDevice<float>::bytes(*a, 1));
    BOOST_TEST(counted <= planned);
    BOOST_TEST(planned <= 1.8 * counted);  // tables weigh much beside so few pixels
  }
}

BOOST_AUTO_TEST_CASE(without_a_gpu_nothing_is_kept_there) {
  BOOST_CHECK_NO_THROW(release_device_cache());
}

BOOST_AUTO_TEST_SUITE_END()
