import StructuredValue

/// The static pods of a control-plane machine.
let controlPlaneComponents = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]

/// What a control-plane machine brings into its cluster when it joins; most of it is there from the first one on.
func controlPlaneContents(node: String, version: String, cluster: String) -> [Value] {
    let pods = controlPlaneComponents.map { component -> Value in
        let image = component == "etcd" ? "registry.k8s.io/etcd:3.6.4-0" : "registry.k8s.io/\(component):\(version)"
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string("\(component)-\(node)"), "namespace": "kube-system",
                "labels": ["component": .string(component), "tier": "control-plane"],
            ],
            "spec": [
                "nodeName": .string(node), "hostNetwork": true,
                "containers": [["name": .string(component), "image": .string(image)]],
            ],
            "status": [
                "phase": "Running",
                "conditions": [["type": "Ready", "status": "True"], ["type": "ContainersReady", "status": "True"]],
                "containerStatuses": [
                    [
                        "name": .string(component), "image": .string(image), "imageID": .string(image), "ready": true,
                        "restartCount": 0, "started": true,
                    ]
                ],
            ],
        ]
    }
    let configuration =
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: \(cluster)\nkubernetesVersion: \(version)\n"
    return pods + [
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "kubeadm-config", "namespace": "kube-system"],
            "data": ["ClusterConfiguration": .string(configuration)],
        ],
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": ["name": "kubeadm:get-nodes"],
            "rules": [["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]]],
        ],
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": ["name": "kubeadm:get-nodes"],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeadm:get-nodes"],
            "subjects": [
                [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "Group",
                    "name": "system:bootstrappers:kubeadm:default-node-token",
                ]
            ],
        ],
        workload("DaemonSet", "kube-proxy", image: "registry.k8s.io/kube-proxy:\(version)", replicas: nil),
        workload("Deployment", "coredns", image: "registry.k8s.io/coredns/coredns:v1.12.1", replicas: 2),
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "coredns", "namespace": "kube-system"],
            "data": ["Corefile": ".:53 {\n    errors\n    health\n    ready\n    forward . /etc/resolv.conf\n}\n"],
        ],
    ]
}

private func workload(_ kind: String, _ name: String, image: String, replicas: Int?) -> Value {
    var spec: Object = [
        "selector": ["matchLabels": ["k8s-app": .string(name)]],
        "template": [
            "metadata": ["labels": ["k8s-app": .string(name)]],
            "spec": ["containers": [["name": .string(name), "image": .string(image)]]],
        ],
    ]
    if let replicas { spec.append("replicas", .int(replicas)) }
    return [
        "apiVersion": "apps/v1", "kind": .string(kind),
        "metadata": ["name": .string(name), "namespace": "kube-system", "labels": ["k8s-app": .string(name)]],
        "spec": .object(spec),
    ]
}
