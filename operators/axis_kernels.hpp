#pragma once

#include <cstdint>

/// Sparse axis maps applied to arrays, over plain pointers. Each output is computed by one thread
/// in one order: the result does not depend on the number of threads.
namespace lvtino::kernels {

/// A sparse matrix by rows: row i owns entries [offsets[i], offsets[i+1]).
template <class T>
struct SparseRows {
  std::int64_t rows, columns;
  const std::int64_t* offsets;
  const std::int32_t* indices;
  const T* weights;
  bool identity;
};

/// out[o, i, :] = base[o, i, :] + scale sum_j M[i, j] in[o, j, :] for arrays [outer, L, inner].
/// `base` may be null (zero) or equal to `out`.
template <class T>
void apply_to_rows(const SparseRows<T>& m, const T* in, std::int64_t outer, std::int64_t inner,
                   const T* base, T scale, T* out);

/// out[p] = base[p] + scale (H (x) W) in[p] for `planes` planes of h.columns x w.columns samples.
/// One pass over memory: what lies between the two axes stays in cache.
template <class T>
void apply_to_planes(const SparseRows<T>& h, const SparseRows<T>& w, const T* in,
                     std::int64_t planes, const T* base, T scale, T* out);

/// Whether (T (x) H (x) W) takes fewer operations with the planes before the rows in time.
template <class T>
bool takes_planes_first(const SparseRows<T>& t, const SparseRows<T>& h, const SparseRows<T>& w);

/// out[s] = base[s] + scale (T (x) H (x) W) in[s] for `slices` slices [t.columns, h.columns,
/// w.columns]: each plane is combined in time and goes through H and W before it leaves the cache.
template <class T>
void apply_rows_then_planes(const SparseRows<T>& t, const SparseRows<T>& h, const SparseRows<T>& w,
                            const T* in, std::int64_t slices, const T* base, T scale, T* out);

}  // namespace lvtino::kernels
