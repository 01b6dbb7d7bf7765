#include "solvers/joint_problem.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lvtino/core/error.hpp"

namespace lvtino {

std::vector<std::string> joint_method_names() { return {"chambolle_pock", "fista", "admm", "adam"}; }

std::string to_string(JointMethod method) { return joint_method_names().at(std::size_t(method)); }

JointMethod joint_method(const std::string& name) {
  const auto names = joint_method_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw NotSupportedError(text("joint prox: no method ", name));
  return JointMethod(found - names.begin());
}

bool JointProblem::adopt(TvDual&& start, TvDual& dual) const {
  const bool warm = take(std::move(start), dual);
  if (!warm) dual = TvDual::zeros(tv, u, box.has_value());
  return warm;
}

bool JointProblem::take(TvDual&& start, TvDual& dual) const {
  const bool warm = start.fits(tv, u, box.has_value());
  dual = std::exchange(start, {});
  if (!warm) dual = {};  // its memory goes first
  return warm;
}

double CurvePoint::gap() const {
  const double difference = primal - lower;
  return difference == 0 ? 0 : difference / std::max(std::abs(primal), std::abs(lower));
}

}  // namespace lvtino
