"""Loss and gradient of a cohort of sparse spline networks as one torch program without loops over networks.

As in the compiled kernel, an edge looks up the one cubic piece of its spline that a point falls on. The gradient
is written out by hand: autograd takes half as long again, and twice the memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from search_spaces.gakan.batched.layout import Data, Layer, Layout, Member, locate

PIECES = ((1.0, 4.0, 1.0, 0.0), (-3.0, 0.0, 3.0, 0.0), (3.0, -6.0, 3.0, 0.0), (-1.0, 3.0, -3.0, 1.0))
"""Six times the powers of t in [0, 1), a line each, of the spline with four given coefficients."""


class CohortLoss:
    """Loss and gradient of the networks of a cohort.

    Parameters
    ----------
    members
        At least one.
    data
        The table that their folds number the rows of.
    penalties
        ridge, base_ridge, roughness and l1, as `search_spaces.gakan.kernel.penalise` takes them.
    """

    def __init__(self, members: Sequence[Member], data: Data, penalties: tuple[float, float, float, float]) -> None:
        self._penalties = penalties
        self._batch, self._outputs = len(members), data.n_outputs
        self._layout = Layout(members, data)
        self._pieces = torch.tensor(PIECES, dtype=data.inputs.dtype, device=data.inputs.device) / 6.0

    def __call__(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return losses, gradients and bare losses.

        Parameters
        ----------
        theta
            Parameter vectors, shape (networks, longest); what is beyond a network's own is ignored.

        Returns
        -------
        loss
            Mean training loss plus penalties, shape (networks,), float64.
        gradient
            Shape of `theta`, 0 beyond a network's own parameters.
        bare
            Validation and training loss without penalties, shape (networks, 2), float64. The former is 0 for
            a network without validation rows.
        """
        at, flat = self._layout, theta.reshape(-1)
        coefficients, w_b, w_s = (flat.index_select(0, place) for place in (at.coefficient, at.w_b, at.w_s))
        scale = w_s.index_select(0, at.owner)
        own = coefficients * scale
        c = theta.new_zeros(at.n_padded)
        c[at.padded] = own
        table = self._pieces @ c.unfold(0, 4, 1).T
        value = theta.new_zeros(at.n_nodes, at.row.shape[1])
        points, pieces = [], []
        for layer in at.layers:
            found = (
                locate(value[layer.level], layer.grid, layer.place, layer.offset)
                if layer is not at.layers[0]
                else at.inputs
            )
            piece = table.gather(1, found.piece.view(1, -1).expand(4, -1)).view(4, *found.t.shape)
            out = torch.addcmul(piece[2], piece[3], found.t)
            out = torch.addcmul(piece[1], out, found.t)
            out = torch.addcmul(piece[0], out, found.t)
            out.addcmul_(w_b[layer.edges, None], found.silu)
            value.index_add_(0, layer.target, out)
            points.append(found)
            pieces.append(piece)

        bare, upstream = self._data_loss(value[at.n_hidden :])
        n = at.train_rows
        g = theta.new_zeros(at.n_nodes, n)
        g[at.n_hidden :] = upstream
        g_table = torch.zeros_like(table)
        gradient = torch.zeros_like(theta)
        g_flat = gradient.view(-1)
        for layer, found, piece in zip(reversed(at.layers), reversed(points), reversed(pieces), strict=True):
            t, silu = found.t[:, :n], found.silu[:, :n]
            powers = theta.new_empty(4, *t.shape)
            torch.index_select(g, 0, layer.target, out=powers[0])
            for power in range(3):
                torch.mul(powers[power], t, out=powers[power + 1])
            g_table.scatter_add_(1, found.piece[:, :n].reshape(1, -1).expand(4, -1), powers.view(4, -1))
            g_flat[at.w_b[layer.edges]] = (powers[0] * silu).sum(1)
            if layer is not at.layers[0]:
                slope = self._slope(layer, value[layer.level, :n], t, piece[:, :, :n], w_b)
                g.index_add_(0, layer.source, powers[0] * slope)

        g_windows = self._pieces.T @ g_table
        g_c = torch.zeros_like(c)
        for place in range(4):
            g_c[place : place + g_windows.shape[1]] += g_windows[place]
        g_own = g_c.index_select(0, at.padded)
        loss = bare[:, 1]
        if any(self._penalties):
            penalty, g_penalty = self._penalise(theta, own)
            loss = loss + penalty
            gradient += g_penalty * at.is_w_b
            g_own += g_penalty.view(-1).index_select(0, at.coefficient)
        g_flat[at.coefficient] = g_own * scale
        g_flat[at.w_s] = torch.zeros_like(w_s).index_add_(0, at.owner, g_own * coefficients)
        return loss, gradient, bare

    def _slope(self, layer: Layer, x: Tensor, t: Tensor, piece: Tensor, w_b: Tensor) -> Tensor:
        """Return the derivative of every edge in its source's value."""
        slope = torch.addcmul(piece[2], piece[3], t, value=1.5).mul_(2.0)
        slope = torch.addcmul(piece[1], slope, t).mul_(layer.grid.inv_h.index_select(0, layer.place))
        sigmoid = x.sigmoid()
        d_silu = sigmoid * (1.0 + x * (1.0 - sigmoid))
        return slope.addcmul_(w_b[layer.edges, None], d_silu.index_select(0, layer.place))

    def _data_loss(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the bare losses, and the gradient of the training loss in the outputs at the training rows."""
        values = outputs.view(self._batch, self._outputs, -1).double()
        at, n = self._layout, self._layout.train_rows
        if at.target.dtype == torch.int64:
            logarithm = values.log_softmax(1)
            losses = -logarithm.gather(1, at.target[:, None])[:, 0]
            upstream = logarithm[:, :, :n].exp()
            labels = at.target[:, None, :n]
            upstream.scatter_add_(1, labels, torch.full_like(labels, -1, dtype=upstream.dtype))
        else:
            residuals = values[:, 0] - at.target
            losses = residuals * residuals
            upstream = 2.0 * residuals[:, None, :n]
        weighted = losses * at.weight
        bare = torch.stack([weighted[:, n:].sum(1), weighted[:, :n].sum(1)], dim=1)
        upstream = upstream * at.weight[:, None, :n]
        return bare, upstream.reshape(-1, n).to(outputs.dtype)

    def _penalise(self, theta: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Return the penalties, shape (networks,), and their gradients in w_b and in the coefficients `own`.

        As the kernel's `penalise`. The gradients lie where w_b and the coefficients lie in `theta`; elsewhere
        they are 0.
        """
        ridge, base_ridge, roughness, l1 = self._penalties
        at = self._layout
        w_b = theta * at.is_w_b
        c = torch.zeros_like(theta)
        c.view(-1)[at.coefficient] = own
        gradient = 2.0 * (ridge * c + base_ridge * w_b) + l1 * c.sign()
        total = (ridge * (c * c).sum(1) + base_ridge * (w_b * w_b).sum(1) + l1 * c.abs().sum(1)).double()
        if roughness > 0.0:
            bend = (c[:, :-2] - 2.0 * c[:, 1:-1] + c[:, 2:]) * at.is_inside
            total += roughness * (bend * bend).sum(1).double()
            gradient[:, :-2] += 2.0 * roughness * bend
            gradient[:, 1:-1] -= 4.0 * roughness * bend
            gradient[:, 2:] += 2.0 * roughness * bend
        return total, gradient
