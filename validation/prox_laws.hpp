#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// The data prox p of v is stationary: |A'(Ap-y)/s2 + (p-v)/gamma| against |A'y|/s2 + |v|/gamma.
///
/// What the factors leave of rounding is multiplied by the condition of the system that they solve,
/// k = (s2 + gamma d_max) / (s2 + gamma d_min): rounding W (s2 + gamma d)^-1 W'r errs along the
/// large d by as much as the small d contribute. The bound is max(stationarity, 16 eps k). Where
/// conjugate gradients stand in for factors, it is their tolerance.
LawReport data_prox_stationarity(const DataProx& prox, const Tensor& v, double gamma);
/// The same for any `prox` that claims to be that of the data term of `data`.
LawReport data_prox_stationarity(const DataProx& data, const Prox& prox, const Tensor& v, double gamma);
/// The prox computed over its argument equals the one computed beside it.
LawReport data_prox_in_place(const DataProx& prox, const Tensor& v, double gamma);
/// The Moreau envelope at w, from the factors, is the objective at the prox of w (a lower bound of
/// it without factors).
LawReport envelope_value(const DataProx& prox, const Tensor& w, double gamma);
/// |p - q|^2 <= <p - q, v - w> for the proxes p, q of v, w.
LawReport firm_nonexpansiveness(const Prox& prox, const std::string& subject, const Tensor& v,
                                const Tensor& w, double gamma);
/// The joint prox meets its promise: the gap recomputed from its result is at most the tolerance,
/// the dual field lies in the unit ball, and no random perturbation lowers the objective below the
/// certified bound.
LawReport joint_prox_certificate(const JointProx& prox, const Tensor& u, double gamma, const Rng& rng);
/// The same for a given `solution` at u.
LawReport joint_prox_certificate(const JointProx& prox, const JointSolution& solution, const Tensor& u,
                                 double gamma, const Rng& rng);

/// All of them around the measurement of `joint`, over six decades of gamma for the data prox.
std::vector<LawReport> prox_laws(const DataProx& data, const JointProx& joint, double gamma,
                                 const Rng& rng);

}  // namespace lvtino
