"""The one formula that says most about a method or an algorithm, in LaTeX.

The papers' symbols; what they mean is said in the docstring that stands beside the formula.
"""

FORMULAS = {
    "magnitude": r"\text{keep the largest } |w|",
    "l1_filter": r"s_j = \sum \lvert F_j \rvert",
    "thinet": r"\min_T \sum_i \Big( \sum_{c \in T} \hat{x}_{i,c} \Big)^2",
    "regression": r"\min_{\beta, W} \tfrac{1}{2N} \lVert Y - \sum_c \beta_c X_c W_c \rVert^2"
    r" + \lambda \lVert \beta \rVert_1",
    "slimming": r"L = \sum_{(x,y)} \ell(f(x, W), y) + \lambda \sum_\gamma \lvert \gamma \rvert",
    "structure_selection": r"z = S_{\eta\gamma}(\lambda - \eta \nabla),\;"
    r" v \leftarrow z - \lambda + \mu v,\; \lambda \leftarrow z + \mu v",
    "taylor": r"s_j = \Big( \sum_{w \in F_j} g_w w \Big)^2",
    "snip": r"s = \lvert g \cdot w \rvert",
    "fedavg": r"w \leftarrow \sum_k \tfrac{n_k}{n}\, w_k",
    "fedsgd": r"w \leftarrow w - \eta \sum_k \tfrac{n_k}{n}\, \nabla f_k(w)",
    "minibatch_sgd": r"w \leftarrow w - \tfrac{\eta}{|B|} \sum_{i \in B} \nabla \ell_i(w)",
    "fedprox": r"\min_v\; f_k(v) + \tfrac{\mu}{2} \lVert v - w \rVert^2",
    "scaffold": r"w_k \leftarrow w_k - \eta\, (g_k - c_k + c)",
    "fednova": r"w \leftarrow w - \tau_{\text{eff}} \sum_k p_k\, \tfrac{w - w_k}{\tau_k}",
    "fedavgm": r"m \leftarrow \beta m + \Delta,\quad w \leftarrow w + \eta_s m",
    "fedadagrad": r"v \leftarrow v + \Delta^2,\quad"
    r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}",
    "fedadam": r"v \leftarrow \beta_2 v + (1 - \beta_2) \Delta^2,\quad"
    r" w \leftarrow w + \eta_s \tfrac{m}{\sqrt{v} + \tau}",
    "fedyogi": r"v \leftarrow v - (1 - \beta_2) \Delta^2 \operatorname{sign}(v - \Delta^2)",
    "feddyn": r"\min_v\; f_k(v) - \langle h_k, v \rangle + \tfrac{\alpha}{2} \lVert v - w \rVert^2",
}
