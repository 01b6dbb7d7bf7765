#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "solvers/interval_term.hpp"
#include "solvers/joint_prox.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Laws of data terms that confine A x to intervals, C = {x : l <= A x <= u}.

/// P v lies in C: the largest violation, in measured units, against what the term allows.
LawReport feasible_projection(const IntervalTerm& term, const Tensor& v, const Rng& rng);
/// P P v = P v, relative.
LawReport idempotence(const IntervalProjector& projector, const std::string& subject, const Tensor& v);
/// The objective at the prox against the certified bound: not below it, and close.
LawReport moreau_envelope(const IntervalTerm& term, const Tensor& v, double gamma);

/// All of them, firm non-expansiveness of the prox and the certificate of `joint`, a joint prox with
/// this term.
std::vector<LawReport> interval_laws(const IntervalTerm& term, const JointProx& joint, double gamma,
                                     const Rng& rng);

}  // namespace lvtino
