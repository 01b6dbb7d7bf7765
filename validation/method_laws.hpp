#pragma once

#include <memory>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Laws that hold between two ways to the same prox.

/// Moreau's identity, prox_{gamma f}(v) + gamma prox_{f*/gamma}(v/gamma) = v, for f = g: the second
/// prox is A'w, (sigma^2 + gamma A A') w = A v - y, solved on the range by conjugate gradients
/// through `a` and its adjoint alone. |p + gamma A'w - v| / |v| against the rounding and tolerances
/// times the condition 1 + gamma |A|^2 / sigma^2.
LawReport moreau_identity(const DataProx& data, const Prox& prox, const Tensor& v, double gamma);

/// The same for f = g + phi, between two solutions at (u, gamma): x of one, v - gamma z of the dual
/// field of the other. Where their certified gaps are e and e', both lie within sqrt(2 gamma e) and
/// sqrt(2 gamma e') of the minimiser: the distance of the two against the sum, plus rounding,
/// relative to |u|.
LawReport moreau_identity(const JointProx& prox, const JointSolution& one,
                          const JointSolution& other, const Tensor& u, double gamma);

/// x of two solutions at (u, gamma) within the sum of the radii that their certificates promise.
LawReport agreement(const JointSolution& one, const JointSolution& other,
                    const std::string& subject, const Tensor& u, double gamma);

/// Every method of the joint prox to the certificate, each under its name; then `agreement` and
/// Moreau's identity of every other method with chambolle_pock. Adam, whose smoothing bounds its
/// gap from below, is asked for `adam_tolerance` and gets the smoothing and rate that allow it.
std::vector<LawReport> joint_method_laws(const std::shared_ptr<const DataTerm>& data,
                                         const TotalVariation& tv, const JointProxOptions& options,
                                         double adam_tolerance, const Tensor& u, double gamma,
                                         const Rng& rng);

}  // namespace lvtino
