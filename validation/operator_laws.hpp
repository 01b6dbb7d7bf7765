#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Each law draws its operands from `rng`, computes in the operator's own placement and is judged by
// LawBounds of its dtype.

/// A(a x + b y) = a A x + b A y.
LawReport linearity(const LinearOperator& a, const Rng& rng);
/// <A x, y> = <x, A'y>.
LawReport adjointness(const LinearOperator& a, const Rng& rng);
/// v + s A'y computed in one pass, out of place and in place, equals the sum of its parts.
LawReport fused_adjoint(const LinearOperator& a, const Rng& rng);
/// A A'r = W d W'r (or A'A on the domain side) for the exact factors.
LawReport gram_identity(const LinearOperator& a, const GramFactors& factors, const Rng& rng);
/// |A| is the largest singular value: no vector is stretched by more, and power iteration from a
/// random vector reaches it to within one per cent from below.
LawReport norm_bound(const LinearOperator& a, const GramFactors& factors, const Rng& rng);
/// A A^+ A = A, A^+ A A^+ = A^+, A A^+ and A^+ A symmetric. A^+ is cut off at `cutoff` times |A|, so
/// operands are taken from where it acts: A is followed by the projection that the cut implies.
///
/// The bound carries the condition 1/cutoff of what is kept, squared: W d^-1 W'y is rounded relative
/// to its largest part, 1/d_min, and A A' brings that error back times d_max. It is
/// max(penrose, 4 eps / cutoff^2).
std::vector<LawReport> penrose_identities(const LinearOperator& a, const GramFactors& factors,
                                          const Rng& rng, double cutoff = 1e-3);

/// All of them, as far as the operator has what they need; the cutoff is 1e-3 in float64, 1e-2 in
/// float32.
std::vector<LawReport> operator_laws(const LinearOperator& a, const Rng& rng);

}  // namespace lvtino
